"""The signed end of a company's history over REST."""

import json

from tests.http.conftest import Rest
from tests.http.test_rest import issued
from webdoc_app.models import Document
from webdoc_app.services import audit
from webdoc_app.services.anchors import read_given
from webdoc_app.services.seals import seal_holds
from webdoc_app.services.work import reading


async def test_the_end_is_answered_signed_and_can_be_checked_with_the_public_key_alone(rest: Rest) -> None:
    empty = (await rest.ours.get("/head")).json()
    assert (set(empty), empty["seq"], empty["hash"]) == ({"seq", "hash", "at", "signature"}, 0, "")
    document = await issued(rest)
    answer = await rest.ours.get("/head")
    head = answer.json()
    assert set(head) == {"seq", "hash", "at", "signature"}
    assert (head["seq"] >= 3, len(head["hash"]), answer.headers["cache-control"]) == (True, 64, "no-store")
    assert document["number"]
    async with reading() as session:
        company = (await session.get_one(Document, document["id"])).company_id
    fields = {"at": head["at"], "company_id": company, "hash": head["hash"], "seq": head["seq"]}
    message = "webdoc head\n" + json.dumps(fields, separators=(",", ":"))
    assert seal_holds(answer.headers["webdoc-public-key"], message, head["signature"])
    # Kept in a file as it came, it is compared, though it names no company.
    found = read_given(answer.content + b"\n" + answer.content)
    assert (await audit.examine(found)).faults == []
    altered = answer.content.replace(head["hash"].encode(), b"0" * 64)
    assert (await audit.examine(read_given(altered))).faults != []


async def test_each_company_gets_its_own_and_nobody_another_one(rest: Rest) -> None:
    await issued(rest)
    assert (await rest.theirs.get("/head")).json()["seq"] == 0
    assert (await rest.ours.get("/head", headers={"Authorization": "Bearer no"})).status_code == 401


async def test_openapi_says_how_to_check_it(rest: Rest) -> None:
    described = (await rest.ours.get("/openapi.json")).json()
    assert "/head" in described["paths"]
    assert "Ed25519" in json.dumps(described["components"]["schemas"]["Head"])
