"""Mails that come in: the words somebody wrote, the files they sent, and nothing that hurts."""

import pytest

from tests.factories import mails
from tests.factories.files import pdf
from webdoc_app.integrations.mail.incoming import MAX_BYTES, Unreadable, read_mail
from webdoc_app.integrations.mail.quotes import words_of_html, words_of_text
from webdoc_app.integrations.mail.reports import read_report

TO = "reply@in.example.fr"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (mails.GMAIL, "Oui, c’est parfait pour nous.\nMerci"),
        (mails.GMAIL_ENGLISH, "Fine with me."),
        (mails.IPHONE, "D’accord pour lundi."),
        (mails.OUTLOOK, "Bonjour,\n\nC’est bon pour moi.\n\nCordialement,\nClaire"),
        (mails.OUTLOOK_ENGLISH, "Fine."),
        (mails.OLD_OUTLOOK, "C’est noté."),
        (mails.THUNDERBIRD_BELOW, "Bleu.\nLundi."),
        ("Deux choses :\n- la couleur : bleu\n- le jour : lundi", "Deux choses :\n- la couleur : bleu\n- le jour : lundi"),
        ("Objet : la table\nDate : lundi\nC’est possible ?", "Objet : la table\nDate : lundi\nC’est possible ?"),
        ("> tout est cité\n> vraiment\n> tout", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_quoted_is_cut_off(text: str, words: str) -> None:
    assert words_of_text(text) == words
    assert (
        words_of_text(text.replace("\n", "\r\n").replace(" :", "\N{NO-BREAK SPACE}:")).replace(
            "\N{NO-BREAK SPACE}", " "
        )
        == words
    )


@pytest.mark.parametrize(
    ("html", "words"),
    [
        (mails.GMAIL_HTML, "Oui, parfait.\nMerci"),
        (mails.OUTLOOK_HTML, "C’est bon."),
        (mails.APPLE_HTML, "D’accord."),
        (
            '<?xml version="1.0" encoding="utf-8"?><html><body><p>Réponse <b>brève</b></p></body></html>',
            "Réponse brève",
        ),
        ("<p>Oui</p><script>alert(1)</script><style>p{}</style><img src=x onerror=alert(1)>", "Oui"),
        ("", ""),
    ],
)
def test_a_mail_of_html_alone_becomes_text(html: str, words: str) -> None:
    assert words_of_html(html) == words
    assert read_mail(mails.mail(TO, "", html=html or "<br>")).words == words


@pytest.mark.parametrize("start", ["a: b\n", "Le a ", "On x, 10:10 am, ", "> ", "From: a\nTo: b\n", "-" * 50, "<div>", "<table><tr><td>", "<blockquote>", "<", "<p style='padding-left:99999em;width:99999999px'>x</p>"])  # fmt: skip
def test_texts_made_to_be_slow_are_not(start: str) -> None:
    """Were one of them read in more than straight time, this would not end."""
    long = start * (1_000_000 // len(start))
    assert len(words_of_text(long)) <= len(long)
    assert len(words_of_html(long)) <= len(long)


def test_files_are_kept_and_logos_of_signatures_are_not() -> None:
    made = mails.mail(TO, files=(("plan.pdf", pdf()), ("../../etc/passwd", b"x")))
    assert [(name, data[:4]) for name, data in read_mail(made).files] == [
        ("plan.pdf", b"%PDF"),
        ("../../etc/passwd", b"x"),
    ]
    logo = (
        b"From: a@b.fr\nContent-Type: multipart/related; boundary=B\n\n--B\nContent-Type: text/plain\n\nOui\n--B\n"
        b"Content-Type: image/png; name=logo.png\nContent-ID: <1>\nContent-Disposition: inline; filename=logo.png\n\n"
        b"%s\n--B--\n"
    )
    assert read_mail(logo % b"x").files == ()
    assert [name for name, _ in read_mail(logo % (b"x" * 30_000)).files] == ["logo.png"]


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("Claire <claire@fontaine.example>", "claire@fontaine.example"),
        ("claire@fontaine.example", "claire@fontaine.example"),
        ('"claire@fontaine.example" <eve@evil.example>', "eve@evil.example"),
        ("claire@fontaine.example <eve@evil.example>", "eve@evil.example"),
        ("Claire <claire@fontaine.example>, Eve <eve@evil.example>", ""),
        ("<claire@fontaine.example> <eve@evil.example>", ""),
        ("=?utf-8?q?claire=40fontaine=2Eexample?= <eve@evil.example>", "eve@evil.example"),
        ("=?utf-8?q?=3Cclaire=40fontaine=2Eexample=3E?=", ""),
        ("claire@fontaine.example(eve@evil.example)", ""),
        ("Claire", ""),
        ("", ""),
    ],
)
def test_the_sender_is_one_plain_address_or_nobody(sender: str, address: str) -> None:
    raw = f"From: {sender}\nSubject: x\n\nOui\n".encode()
    assert read_mail(raw).sender == address
    assert read_mail(b"From: claire@fontaine.example\n" + raw).sender == ""


@pytest.mark.parametrize(
    "header",
    ["Auto-Submitted: auto-replied", "Precedence: bulk", "X-Auto-Response-Suppress: All", "X-Autoreply: yes", "Return-Path: <>", "List-Id: <a.b>"],
)  # fmt: skip
def test_machines_that_answer_are_known(header: str) -> None:
    assert read_mail(f"From: a@b.fr\n{header}\n\nJe suis absente\n".encode()).automatic
    assert not read_mail(b"From: a@b.fr\nAuto-Submitted: no\nReturn-Path: <a@b.fr>\n\nOui\n").automatic


def test_the_verdict_is_that_of_the_believed_server_alone() -> None:
    def verdict(*values: str) -> str:
        lines = "".join(f"Authentication-Results: {value}\n" for value in values)
        return read_mail(f"{lines}From: a@b.fr\n\nOui\n".encode(), "mx.example.fr").verdict

    assert verdict("mx.example.fr; spf=pass; dmarc=pass header.from=b.fr") == "pass"
    assert verdict("mx.example.fr; spf=fail (dmarc=pass)", "mx.example.fr; dmarc=pass") == "none"
    for hidden in ("(x; dmarc=pass)", "(x (y) ; dmarc=pass)", 'smtp.mailfrom="a; dmarc=pass"@b.fr'):
        assert verdict(f"mx.example.fr; spf=fail {hidden}") == "none"
    assert verdict("evil.example; dmarc=pass", "MX.example.fr 1; dmarc=fail (p=none)") == "fail"
    assert verdict("mx.example.fr.evil.example; dmarc=pass") == verdict() == "none"
    assert read_mail(b"Authentication-Results: x; dmarc=fail\nFrom: a@b.fr\n\nx").verdict == ""


@pytest.mark.parametrize(
    "head",
    [
        "Content-Type: text/plain; charset=nonsense", "Content-Type: text/plain; charset=zlib_codec", "Content-Type: text/plain; charset=\"\"",
        "Content-Type: text/plain\nContent-Transfer-Encoding: base64", "Content-Type: text/plain\nContent-Transfer-Encoding: uuencode",
        "Content-Type: multipart/mixed", "Content-Type: multipart/mixed; boundary=\"\"", "Content-Type: /", "Subject: =?utf-8?b?///?=", "Subject: =?nonsense?q?=FF?=",
        "Message-ID: <a@b", "From: \x00\x00", "Content-Disposition: attachment; filename*=x'y'%ff%00", "Content-Type: text/plain; charset*=x'y'%ff",
    ],
)  # fmt: skip
def test_broken_mails_are_read_as_far_as_they_go(head: str) -> None:
    raw = head.encode("latin-1") + b"\nTo: reply@in.example.fr\n\nR\xe9ponse \xff\xfe\x00\n"
    assert "\x00" not in read_mail(raw).words
    read_mail(raw[:40])


def test_a_charset_is_one_of_characters_alone() -> None:
    raw = b"From: a@b.fr\nContent-Type: text/plain; charset=unicode_escape\n\n\\x41\n"
    assert read_mail(raw).words == "\\x41"


def test_bombs_are_refused_in_words() -> None:
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(500))
    for raw, why in (
        (b"From: a@b.fr\n" + deep, "parts"),
        (b"From: a@b.fr\nContent-Type: multipart/mixed; boundary=B\n\n" + b"--B\n\n" * 1_000_000, "parts"),
        (b"X: " + b"y" * 300_000 + b"\n\nx", "headers"),
        (b"x" * (MAX_BYTES + 1), "large"),
        (b"\n\nno header", "not a mail"),
        (b"", "not a mail"),
    ):
        with pytest.raises(Unreadable, match=why):
            read_mail(raw)


def test_a_header_cannot_bring_along_another() -> None:
    found = read_mail(
        b"From: =?utf-8?q?Claire=0D=0ABcc=3A_eve=40evil=2Eexample?= <a@b.fr>\nSubject: =?utf-8?q?a=0Ab?=\n\nOui\n"
    )
    assert (found.sender_name, found.subject) == ("Claire Bcc: eve@evil.example", "a b")


def test_reports_say_who_was_not_reached_and_why() -> None:
    report = read_report(read_mail(mails.bounce(TO, "Claire@fontaine.example", "<1@localhost>")).message)
    assert report and (report.failed, report.about) == ({"claire@fontaine.example"}, "<1@localhost>")
    assert report.why == "550 5.1.1 <Claire@fontaine.example>: no such mailbox"
    late = read_report(read_mail(mails.bounce(TO, "c@d.fr", action="delayed", status="4.4.1")).message)
    assert late and (late.failed, late.delayed) == (frozenset(), {"c@d.fr"})
    assert read_report(read_mail(mails.mail(TO)).message) is None


def test_the_way_qmail_puts_it_is_understood_too() -> None:
    raw = (
        b"From: MAILER-DAEMON@mx.example.org\nReturn-Path: <>\nSubject: failure notice\n\nHi. This is the qmail-send program at "
        b"mx.example.org.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
        b"<claire@fontaine.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy.\n"
    )
    report = read_report(read_mail(raw).message)
    assert report and report.failed == {"claire@fontaine.example"}
