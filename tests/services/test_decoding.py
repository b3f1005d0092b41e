"""What strangers send is decoded apart: the web process stays small, and nobody waits for another's files."""

import asyncio
import base64
import re
import resource
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.factories import files as made
from tests.factories.active_pdfs import ACTIVE
from tests.services.conftest import ACTOR, World
from webdoc_app.domain.errors import Invalid, TooMany
from webdoc_app.integrations import uploads
from webdoc_app.integrations.mail.incoming import read_mail
from webdoc_app.services import companies, decoding, files, imports, incoming
from webdoc_app.services.decoding import Sender, decoded
from webdoc_app.services.signatures import PREFIX, read_signature

SENDER = Sender("company", "link")
UNREADABLE = Invalid.one("file", uploads.UNREADABLE)


def resident(pid: int | str = "self") -> int:
    """Bytes a process has in memory now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024


def large_png(side: int = 8_000) -> bytes:
    out = BytesIO()
    Image.new("RGBA", (side, side), (1, 2, 3, 200)).save(out, "PNG")
    return out.getvalue()


async def sentence_of(data: bytes, name: str) -> str:
    with pytest.raises(Invalid) as refused:
        await files.checked(data, name, SENDER)
    [error] = refused.value.errors
    assert error.field == "file"
    return error.sentence


async def test_three_pictures_of_256_megabytes_leave_the_server_as_it_was() -> None:
    png = large_png()
    assert len(png) < 300_000
    before, peak = resident(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert set(await asyncio.gather(*(sentence_of(png, "a.png") for _ in range(3)))) == {uploads.LARGE_PNG}
    assert resident() - before < 50_000_000
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) * 1024 < 50_000_000
    assert sum(map(resident, decoding._children[0].pids())) < 300_000_000


async def test_the_largest_picture_is_decoded_elsewhere() -> None:
    data = made.picture("JPEG", (9_000, 7_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kept = await files.checked(data, "a.jpg", SENDER)
    with Image.open(BytesIO(kept.data)) as picture:
        assert max(picture.size) == 4_000
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 50_000_000


def job_that_dies(data: bytes) -> tuple[None, bytes]:
    raise SystemExit


def job_that_takes_its_time(data: bytes, *, place: str) -> tuple[None, bytes]:
    time.sleep(0.05)
    return None, b""


async def test_a_file_its_child_died_of_is_unreadable() -> None:
    with pytest.raises(Invalid) as refused:
        await decoded(SENDER, "tests.services.test_decoding:job_that_dies", b"", {}, UNREADABLE)
    assert refused.value is UNREADABLE


async def test_who_sends_much_waits_for_themselves_and_is_refused_at_last() -> None:
    done: list[str] = []

    async def send(sender: Sender) -> None:
        job = "tests.services.test_decoding:job_that_takes_its_time"
        await decoded(sender, job, b"", {"place": ""}, UNREADABLE)
        done.append(sender.link_id or sender.company_id)

    flood = [asyncio.create_task(send(Sender("A", "flood"))) for _ in range(decoding.MOST_WAITING + 3)]
    await asyncio.sleep(0)
    others = [Sender("A", "other"), Sender("A"), Sender("B", "b")]
    await asyncio.gather(*(send(sender) for sender in others))
    outcomes = await asyncio.gather(*flood, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes[-2:]] == [TooMany, TooMany]
    assert outcomes[:-2] == [None] * (len(flood) - 2)
    # Each of the company's others came after one or two of the flood's, never after all of it.
    assert max(map(done.index, ("other", "A"))) < len(done) // 2


async def test_logos_and_signatures_are_decoded_apart(world: World) -> None:
    await companies.set_logo(world.company_id, made.picture("PNG", (900, 300)))
    for broken in (made.picture()[:60], large_png(8_000), b"GIF89a"):
        with pytest.raises(Invalid) as refused:
            await companies.set_logo(world.company_id, broken)
        assert refused.value.errors[0].field == "logo"
    drawn = PREFIX + base64.b64encode(made.picture("PNG", (1_200, 300))).decode()
    png = (await read_signature(drawn, SENDER)).insist()
    with Image.open(BytesIO(png or b"")) as picture:
        assert (picture.mode, picture.size) == ("L", (600, 150))
    for wrong in ("x", PREFIX + "!!", PREFIX + base64.b64encode(large_png(2_000)).decode()):
        with pytest.raises(Invalid) as refused:
            (await read_signature(wrong, SENDER)).insist()
        assert refused.value.errors[0].field == "signature"


async def test_an_active_pdf_has_no_way_in(world: World) -> None:
    """By the client, the merchant, a mail and an import: the ways themselves are other tests' concern."""
    active = ACTIVE["annotation: Launch"](made.pdf())
    assert await sentence_of(active, "a.pdf") == uploads.ACTIVE_PDF
    with pytest.raises(Invalid):
        await files.add_file(world.company_id, world.quote_id, active, "a.pdf", ACTOR)
    attached = base64.encodebytes(active)
    raw = (
        b'From: a@example.fr\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n'
        b"--x\r\nContent-Type: text/plain\r\n\r\nVoici\r\n"
        b'--x\r\nContent-Type: application/pdf; name="a.pdf"\r\nContent-Disposition: attachment; filename="a.pdf"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + attached + b"\r\n--x--\r\n"
    )
    words, kept = await incoming.spoken(read_mail(raw), "fr", SENDER)
    assert kept == []
    assert "a.pdf" in words
    with pytest.raises(Invalid) as refused:
        await imports.import_invoice(world.company_id, active, "a.pdf", ACTOR)
    assert refused.value.errors[0].field == "file"
