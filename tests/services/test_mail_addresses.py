"""Addresses mails come back to: in every case, for one conversation or one mail, and no others."""

from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from webdoc_app.models import ShareLink
from webdoc_app.models.columns import new_id
from webdoc_app.services.mail_addresses import (
    Conversation,
    Sent,
    bounce_address,
    is_ours,
    read_address,
    reply_address,
)
from webdoc_app.services.work import Runtime, configure, now, runtime

HOME = "reply@in.example.fr"


@pytest.fixture
def link() -> Iterator[ShareLink]:
    nowhere = create_async_engine("sqlite+aiosqlite://")
    configure(Runtime(nowhere, ["k" * 32], "http://localhost:3000", reply_address=HOME))
    yield ShareLink(company_id=new_id(), document_id=new_id(), version=300, created_at=now())
    configure(None)


def test_it_names_the_conversation_in_any_case_and_fits_a_local_part(link: ShareLink) -> None:
    address = reply_address(link, link.document_id)
    assert address == address.lower() and len(address.partition("@")[0]) <= 64
    named = Conversation(link.id, link.document_id[:6], 300 % 256)
    assert read_address(address) == read_address(address.upper()) == read_address(f" {address} ") == named
    assert is_ours(address) and is_ours(HOME.upper()) and not is_ours("reply@out.example.fr")


def test_the_longest_prefix_still_fits(link: ShareLink) -> None:
    runtime().reply_address = "quinze-lettres1@in.example.fr"
    assert len(reply_address(link, link.document_id).partition("@")[0]) == 64


def test_a_bounce_address_names_one_mail(link: ShareLink) -> None:
    id_ = new_id()
    assert read_address(bounce_address(id_).upper()) == Sent(id_)


def test_nobody_makes_one_up(link: ShareLink) -> None:
    address = reply_address(link, link.document_id)
    local, _, domain = address.partition("@")
    sign = local.partition("+")[2]
    for place in range(len(sign)):
        other = "a" if sign[place] != "a" else "b"
        assert read_address(f"reply+{sign[:place]}{other}{sign[place + 1 :]}@{domain}") is None
    # The sign of a mail is not one of a conversation, and none opens elsewhere.
    bounce = bounce_address("5" * 32).partition("+")[2].partition("@")[0]
    for forged in (
        f"reply+{bounce[:26]}{sign[26:]}@{domain}", f"reply+{sign}@other.example.fr", f"other+{sign}@{domain}",
        f"reply+{sign}x@{domain}", f"reply+@{domain}", f"reply@{domain}", f"reply+{'é' * 48}@{domain}", "", "@", "a" * 5_000,
    ):  # fmt: skip
        assert read_address(forged) is None, forged


def test_keys_are_rotated_and_none_is_made_without_an_address(link: ShareLink) -> None:
    address = reply_address(link, link.document_id)
    runtime().keys = ["k" * 32, "n" * 32]
    assert read_address(address) is not None
    assert reply_address(link, link.document_id) != address
    runtime().keys = ["n" * 32]
    assert read_address(address) is None
    runtime().reply_address = ""
    assert (reply_address(link, link.document_id), bounce_address(new_id())) == ("", "")
    assert read_address(address) is None and not is_ours("")
