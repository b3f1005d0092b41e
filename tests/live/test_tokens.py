"""A token opens one company's documents, in the one writing it was given; all else is 404 by one and the same answer."""

import base64
import hashlib
import secrets
import string
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from itsdangerous import URLSafeSerializer

from tests.live.site import LINE, Site

Answer = tuple[int, dict[str, str], bytes]

URL_SAFE = string.ascii_letters + string.digits + "-_"
ADDRESSES = [
    ("GET", ""), ("HEAD", ""), ("GET", "/pdf"), ("HEAD", "/pdf"), ("POST", "/decision"), ("POST", "/messages"),
    ("POST", "/code"), ("GET", "/certificate"), ("POST", "/pay/stripe"), ("GET", "/receipts/1"),
    ("GET", "/files/1"), ("GET", "/renew"), ("HEAD", "/renew"), ("POST", "/renew"), ("GET", "/nothing"),
    ("PUT", ""), ("DELETE", "/pdf"), ("PATCH", "/decision"),
]  # fmt: skip
ASKING = ("POST", "/renew")
"""The one thing a closed link may still be used for."""
FORM = {"decision": "accept", "version": "1", "nonce": "x", "name": "Moi", "body": "Bonjour"}


@pytest.fixture(scope="module")
def link(site: Site) -> str:
    """The token of a quote of ours."""
    return str(site.ours.issue()["webdocument_url"]).rpartition("/")[2]


@pytest.fixture(scope="module")
def unknown(site: Site) -> dict[tuple[str, str], Answer]:
    """What a token that never was is answered, at each address."""
    return {way: ask(site, secrets.token_urlsafe(64), *way) for way in ADDRESSES}


@pytest.fixture(scope="module")
def ids(site: Site, link: str) -> tuple[str, str, str, str]:
    """Another quote of ours, one of theirs, a draft of ours, and the link's own id."""
    body = {"kind": "quote", "customer": {"name": "X"}, "lines": [LINE]}
    draft = site.ours.post("/documents", **body)["id"]
    return site.ours.issue()["id"], site.theirs.issue()["id"], draft, signer(site).loads(link)[0]


def signer(site: Site, purpose: str = "share") -> URLSafeSerializer:
    """Signs as the server does: what it refuses, it refuses for what it says."""
    key = site.database.with_name("secret.key").read_text().strip()
    how = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(key, salt=f"webdoc.{purpose}", signer_kwargs=how)


def ask(site: Site, token: str, method: str, tail: str, prefix: str = "") -> Answer:
    """Status, headers and body; of the headers all but the time."""
    form = FORM if method == "POST" else None
    answer = site.browser.request(method, f"{site.origin}{prefix}/d/{token}{tail}", data=form)
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, headers, answer.content


def tampered(token: str) -> list[str]:
    payload, _, signature = token.partition(".")
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    flipped = [
        token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        for place in range(0, len(token), 7)
        if token[place] != "."
    ]
    last = [token[:-1] + letter for letter in URL_SAFE if letter != token[-1]]
    return [
        *flipped, *last,
        token[:-1], token[:20], payload, payload + ".", "." + signature, signature, token * 2,
        *(token + more for more in (".", "A", "=", "==", "%00", "%0A", "%20", ";x", ".A", "%2e", "~")),
        *(more + token for more in (".", "A", "%20", "~")),
        token.swapcase(), token.replace(".", ":"), token.replace(".", ".."), f"{payload}=.{signature}",
        f"{base64.b64encode(raw).decode()}x.{signature}",
        secrets.token_urlsafe(64), "A" * len(token), "x", "é", "%F0%28%8C%28", "A" * 5_000, "null", "__spa-fallback.html",
    ]  # fmt: skip


def test_every_other_writing_of_a_token_is_the_unknown_one(
    site: Site, link: str, unknown: dict[tuple[str, str], Answer]
) -> None:
    before = site.counts()
    assert {answer[0] for answer in unknown.values()} == {404}
    wrong = tampered(link)
    with_page = [token for token in wrong if ask(site, token, "GET", "") != unknown["GET", ""]]
    assert with_page == []
    for token in wrong[:: len(wrong) // 14]:
        for way in ADDRESSES:
            assert ask(site, token, *way) == unknown[way], (way, token)
    for prefix in ("/fr", "/en"):
        answers = [ask(site, token, "GET", "", prefix) for token in (wrong[0], wrong[-1], "x" * 60)]
        assert answers[0] == answers[1] == answers[2]
    assert site.counts() == before


SIGNED: dict[str, Callable[[str, str, str, str], Any]] = {
    "their document through our link": lambda ours, theirs, draft, link: [link, 1, theirs],
    "our document of another chain": lambda ours, theirs, draft, link: [link, 1, ours],
    "a draft": lambda ours, theirs, draft, link: [link, 1, draft],
    "a link that is not": lambda *_: ["0" * 32, 1],
    "a document as a link": lambda ours, theirs, draft, link: [ours, 1],
    "a document that is not": lambda ours, theirs, draft, link: [link, 1, "0" * 32],
    "no version": lambda ours, theirs, draft, link: [link],
    "a version in words": lambda ours, theirs, draft, link: [link, "1"],
    "a word": lambda *_: "link",
    "nothing": lambda *_: None,
    "a list too long": lambda ours, theirs, draft, link: [link, 1, ours, 1],
    "an object": lambda ours, theirs, draft, link: {"link": link},
}


@pytest.mark.parametrize("what", SIGNED)
def test_a_good_signature_on_what_it_must_not_open_is_the_unknown_one(
    site: Site, unknown: dict[tuple[str, str], Answer], ids: tuple[str, str, str, str], what: str
) -> None:
    token = str(signer(site).dumps(SIGNED[what](*ids)))
    for way in ADDRESSES:
        assert ask(site, token, *way) == unknown[way], way


def test_a_token_of_another_purpose_or_another_writing_of_its_payload_opens_nothing(
    site: Site, link: str
) -> None:
    payload = signer(site).loads(link)
    unknown = ask(site, secrets.token_urlsafe(64), "GET", "")
    others = [str(signer(site, purpose).dumps(payload)) for purpose in ("nonce", "reset", "device", "")]
    blank = signer(site)
    spaced = str(payload).replace("'", '"').encode()
    compressed = b"." + base64.urlsafe_b64encode(zlib.compress(spaced)).rstrip(b"=")
    padded = base64.urlsafe_b64encode(spaced + b" ").rstrip(b"=")
    make = blank.make_signer(blank.salt)
    others += [make.sign(raw).decode() for raw in (compressed, padded)]
    for token in others:
        assert ask(site, token, "GET", "") == unknown, token
    assert ask(site, str(signer(site).dumps(payload)), "GET", "")[0] == 200


def test_one_companys_token_reads_no_byte_of_another(site: Site) -> None:
    ours, theirs = site.ours.issue(title="Cuisine"), site.theirs.issue(title="Salon")
    hidden = ("Theirs", "Salon", "theirs@example.org", theirs["id"], "Client de Theirs")
    for tail in ("", "/pdf", "/nothing", "/certificate"):
        for prefix in ("", "/fr", "/en"):
            answer = site.browser.get(
                f"{site.origin}{prefix}/d/{ours['webdocument_url'].rpartition('/')[2]}{tail}"
            )
            assert not [word for word in hidden if word.encode() in answer.content]


@pytest.mark.parametrize(
    ("act", "why"), [("rotate", "remplacé"), ("revoke", "désactivé"), ("disable", "désactivé")]
)
def test_every_address_of_a_closed_link_says_so_alike(site: Site, act: str, why: str) -> None:
    document = site.ours.issue()
    token = document["webdocument_url"].rpartition("/")[2]
    site.ours.post(f"/documents/{document['id']}/link/{act}")
    before = site.counts()
    ways = [way for way in ADDRESSES if way != ASKING]
    answers = [ask(site, token, *way) for way in ways]
    assert {status for status, _, _ in answers} == {410}
    bodies = {body for (method, _), (_, _, body) in zip(ways, answers, strict=True) if method != "HEAD"}
    assert len(bodies) == 1
    assert why in bodies.pop().decode()
    assert len({str(sorted(headers.items())) for _, headers, _ in answers}) == 1
    assert site.counts() == before
