"""Files over REST: laid beside a document, shown or not, sent with messages, with the same checks as the page."""

from typing import Any

import httpx

from tests.factories import files as made
from tests.http.conftest import Rest
from webdoc_app.http.app import create_api
from webdoc_app.services.audit import verify

QUOTE = {
    "kind": "quote",
    "customer": {"name": "Claire"},
    "lines": [{"description": "Lit", "unit_price": "1"}],
}


async def issued(client: httpx.AsyncClient) -> dict[str, Any]:
    draft = (await client.post("/documents", json=QUOTE)).json()
    return dict((await client.post(f"/documents/{draft['id']}/issue")).json())


def png(name: str = "plan.png") -> dict[str, tuple[str, bytes, str]]:
    return {"file": (name, made.picture(), "image/png")}


async def test_a_file_is_laid_beside_a_document_shown_fetched_and_taken_away(rest: Rest) -> None:
    quote = await issued(rest.ours)
    path = f"/documents/{quote['id']}/files"
    added = await rest.ours.post(path, files=png("Plan été.png"))
    assert added.status_code == 201, added.text
    file = added.json()
    assert (file["visible"], file["author"], file["message_id"]) == (False, "merchant", None)
    assert file["name"] == "Plan été.png"
    assert (await rest.ours.post(path, files=png(), data={"visible": "true"})).json()["visible"] is True
    one = f"{path}/{file['id']}"
    assert (await rest.ours.patch(one, json={"visible": True})).json()["visible"] is True
    fetched = await rest.ours.get(one)
    assert fetched.headers["content-disposition"].startswith("attachment; ")
    assert (fetched.headers["content-type"], fetched.content[:4]) == ("image/png", b"\x89PNG")
    events = (await rest.ours.get(f"/documents/{quote['id']}/events")).json()["items"]
    assert [e["type"] for e in events if e["type"].startswith("file.")].count("file.shown") == 2

    first = (await rest.ours.get(path, params={"limit": 1})).json()
    second = (await rest.ours.get(path, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert {first["items"][0]["id"], second["items"][0]["id"]} >= {file["id"]}
    assert second["next_cursor"] is None
    assert (await rest.ours.delete(one)).status_code == 204
    assert (await rest.ours.get(one)).status_code == 404
    assert await verify() == []


async def test_files_of_others_and_of_other_documents_are_not_there(rest: Rest) -> None:
    quote, other, theirs = [await issued(who) for who in (rest.ours, rest.ours, rest.theirs)]
    file = (await rest.ours.post(f"/documents/{quote['id']}/files", files=png())).json()["id"]
    for who, document in ((rest.ours, other), (rest.theirs, theirs), (rest.theirs, quote)):
        one = f"/documents/{document['id']}/files/{file}"
        answers = [
            await who.get(one),
            await who.patch(one, json={"visible": True}),
            await who.delete(one),
        ]
        assert {answer.status_code for answer in answers} == {404}
    assert (await rest.theirs.get(f"/documents/{quote['id']}/files")).status_code == 404
    assert (await rest.theirs.post(f"/documents/{quote['id']}/files", files=png())).status_code == 404
    assert (await rest.ours.get(f"/documents/{quote['id']}/files/x")).status_code == 404


REFUSED: list[tuple[dict[str, Any], dict[str, str], str]] = [
    ({"other": ("a", b"a", "text/plain")}, {"visible": "true"}, "file"),
    ({"file": ("x.svg", made.SVG, "image/png")}, {}, "file"),
    ({"file": ("x.pdf", b"%PDF", "application/pdf")}, {}, "file"),
    ({"file": ("x.png", b"", "image/png")}, {}, "file"),
    (png("../plan.png"), {}, "file"),
    (png(), {"visible": "perhaps"}, "visible"),
]


async def test_what_cannot_be_kept_is_refused_by_name(rest: Rest) -> None:
    quote = await issued(rest.ours)
    path = f"/documents/{quote['id']}/files"
    for files, data, field in REFUSED:
        answer = await rest.ours.post(path, files=files, data=data)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert (await rest.ours.get(path)).json()["items"] == []


async def test_messages_bring_files_over_forms_and_none_as_json(rest: Rest) -> None:
    quote = await issued(rest.ours)
    path = f"/documents/{quote['id']}/messages"
    line = quote["lines"][0]["id"]
    sent = await rest.ours.post(path, data={"line_id": line, "internal": "false"}, files=png())
    assert sent.status_code == 201, sent.text
    message = sent.json()
    assert (message["body"], message["line_id"], message["internal"]) == ("", line, False)
    assert message["files"][0]["media_type"] == "image/png"
    note = (await rest.ours.post(path, data={"body": "Marge", "internal": "true"}, files=png())).json()
    assert (note["internal"], note["body"]) == (True, "Marge")
    plain = (await rest.ours.post(path, json={"body": "Bonjour"})).json()
    assert plain["files"] == []
    assert [len(m["files"]) for m in (await rest.ours.get(path)).json()["items"]] == [1, 1, 0]
    of_note, shown = note["files"][0]["id"], message["files"][0]["id"]
    listed = (await rest.ours.get(f"/documents/{quote['id']}/files")).json()["items"]
    assert {item["id"]: item["visible"] for item in listed} == {of_note: False, shown: True}
    # A note's file is never shown, not even by name.
    one = f"/documents/{quote['id']}/files/{of_note}"
    assert (await rest.ours.patch(one, json={"visible": True})).status_code == 404
    page = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_api()), base_url="http://localhost:3000"
    )
    link = quote["webdocument_url"].removeprefix("http://localhost:3000")
    assert (await page.get(f"{link}/files/{of_note}")).status_code == 404
    assert (await page.get(f"{link}/files/{shown}")).status_code == 200

    for form, field in (({"body": "x", "line_id": "other"}, "line_id"), ({"body": "x\x00"}, "body")):
        refused = await rest.ours.post(path, data=form, files=png())
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert (await rest.theirs.post(path, data={"body": "x"}, files=png())).status_code == 404


async def test_the_same_key_sends_a_form_once_whatever_its_boundary(rest: Rest) -> None:
    quote = await issued(rest.ours)
    path, key = f"/documents/{quote['id']}/files", {"Idempotency-Key": "k1"}
    once = [(await rest.ours.post(path, files=png(), headers=key)).json() for _ in range(2)]
    assert once[0] == once[1]
    other = await rest.ours.post(path, files=png(), data={"visible": "true"}, headers=key)
    assert other.status_code == 422
    assert len((await rest.ours.get(path)).json()["items"]) == 1


async def test_limits_are_those_of_the_page_and_the_description_tells_all(rest: Rest) -> None:
    quote = await issued(rest.ours)
    headers = {"Authorization": rest.ours.headers["Authorization"]}
    transport = httpx.ASGITransport(app=create_api())
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test/api/v1", headers=headers
    ) as whole:
        for path in ("files", "messages"):
            big = {"file": ("x.png", made.picture() + bytes(11_000_000), "image/png")}
            answer = await whole.post(f"/documents/{quote['id']}/{path}", files=big)
            assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
        answer = await whole.post(f"/documents/{quote['id']}/messages", json={"body": "x" * 3_000_000})
        assert answer.status_code == 413
        assert (await whole.post(f"/documents/{quote['id']}/files", files=png())).status_code == 201
        paths = (await whole.get("/openapi.json")).json()["paths"]
    assert set(paths["/documents/{document_id}/files"]) == {"get", "post"}
    assert set(paths["/documents/{document_id}/files/{file_id}"]) == {"get", "patch", "delete"}
    for path in ("files", "messages"):
        described = paths[f"/documents/{{document_id}}/{path}"]["post"]["requestBody"]["content"]
        assert "file" in described["multipart/form-data"]["schema"]["properties"]
    assert "application/json" in paths["/documents/{document_id}/messages"]["post"]["requestBody"]["content"]
