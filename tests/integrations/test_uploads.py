"""Which files are taken along, and in which words the others are not."""

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from tests.factories import files
from webdoc_app.domain.errors import Invalid, TooLarge
from webdoc_app.integrations import uploads
from webdoc_app.integrations.uploads import check_upload


def refusal(data: bytes, name: str = "a.pdf") -> str:
    with pytest.raises(Invalid) as refused:
        check_upload(data, name)
    [error] = refused.value.errors
    assert error.field == "file"
    return error.sentence


def test_a_pdf_is_kept_byte_by_byte() -> None:
    data = files.pdf()
    kept = check_upload(data, "Plan été.PDF")
    assert (kept.name, kept.media_type, kept.data) == ("Plan été.pdf", "application/pdf", data)


@pytest.mark.parametrize(
    ("format_", "name"), [("PNG", "photo.png"), ("JPEG", "photo.jpg"), ("JPEG", "photo.jpeg")]
)
def test_a_picture_keeps_its_pixels_and_nothing_else(format_: str, name: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    exif[0x0112] = 6  # lies on its side
    data = files.picture(format_, exif=exif) + b"<script>hidden</script>"
    kept = check_upload(data, name)
    with Image.open(BytesIO(kept.data)) as picture:
        assert (picture.format, picture.size) == (format_, (30, 40))
        assert not picture.getexif()
    assert b"secret" not in kept.data
    assert b"script" not in kept.data
    assert kept.name == name


def test_a_large_picture_is_made_smaller() -> None:
    kept = check_upload(files.picture("JPEG", (5_000, 100)), "a.jpg")
    with Image.open(BytesIO(kept.data)) as picture:
        assert picture.size == (4_000, 80)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: b"", "Ce fichier est vide."),
        (lambda: files.SVG, uploads.OTHER_KIND),
        (lambda: b"<!doctype html><script>", uploads.OTHER_KIND),
        (lambda: b"MZ\x90\0", uploads.OTHER_KIND),
        (lambda: b"GIF89a" + files.pdf(), uploads.OTHER_KIND),
        (files.zipped, uploads.OTHER_KIND),
        (lambda: files.pdf() + files.zipped(100), uploads.TWO_IN_ONE),
        (lambda: files.picture("JPEG") + files.zipped(100), uploads.TWO_IN_ONE),
        (lambda: files.picture() + files.zipped(100), uploads.TWO_IN_ONE),
        (lambda: files.pdf() + b"<script>alert(1)</script>", uploads.TWO_IN_ONE),
        (lambda: b"%PDF-1.7\n<script>alert(1)</script>\n%%EOF", uploads.BROKEN_PDF),
        (lambda: files.pdf()[:300], uploads.BROKEN_PDF),
        (files.pdf_with_script, uploads.ACTIVE_PDF),
        (files.locked_pdf, uploads.LOCKED_PDF),
        (files.huge_png, uploads.LARGE_PNG),
        (lambda: files.picture()[:60], uploads.BROKEN_PICTURE),
        (lambda: b"\xff\xd8\xff\xe0" + b"\0" * 100, uploads.BROKEN_PICTURE),
    ],
)  # fmt: skip
def test_everything_else_is_refused_in_words(make: Callable[[], bytes], sentence: str) -> None:
    assert refusal(make()) == sentence


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.pdf",
        "/etc/a.pdf",
        "C:\\a.pdf",
        "a\\b.pdf",
        "..",
        "a\0.pdf",
        "a\r\nX: y.pdf",
        " ",
        "",
    ],
)
def test_a_name_with_a_path_or_controls_is_refused(name: str) -> None:
    assert "nom de fichier" in refusal(files.pdf(), name)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("photo.exe", "photo.exe.pdf"),
        ("fdp.\u202etxt", "fdp.txt.pdf"),
        ('a"b<c>.pdf', "abc.pdf"),
        ("x" * 300 + ".pdf", "x" * 120 + ".pdf"),
        ("plan", "plan.pdf"),
    ],
)
def test_a_name_ends_in_what_the_file_is(given: str, kept: str) -> None:
    assert check_upload(files.pdf(), given).name == kept


def test_above_ten_megabytes_nothing_is_looked_at() -> None:
    with pytest.raises(TooLarge):
        check_upload(b"%PDF-" + b"0" * 10_000_000, "a.pdf")
