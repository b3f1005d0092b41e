"""Links over REST: each recipient's is listed, changed by its id, and stays another company's secret."""

from typing import Any

from tests.http.conftest import Rest

LINE = {"description": "Table", "unit_price": "100"}
CLAIRE = {"name": "Claire", "email": "claire@example.org"}
LATER = "2999-01-01T00:00:00.000000Z"


async def issued(rest: Rest) -> dict[str, Any]:
    draft = (
        await rest.ours.post("/documents", json={"kind": "quote", "customer": CLAIRE, "lines": [LINE]})
    ).json()
    return dict((await rest.ours.post(f"/documents/{draft['id']}/issue")).json())


async def test_links_are_added_listed_and_changed_by_their_id(rest: Rest) -> None:
    document = await issued(rest)
    path = f"/documents/{document['id']}"
    paul = {"name": "Paul", "email": "paul@example.org", "expires_at": "2999-01-01T01:00:00+01:00"}
    added = await rest.ours.post(f"{path}/links", json=paul)
    assert added.status_code == 201
    main, other = added.json()["links"]
    assert added.json()["webdocument_url"] == main["url"] == document["webdocument_url"]
    assert main == {
        "id": main["id"], "recipient": "Claire", "email": "claire@example.org", "is_main": True, "url": main["url"],
        "expires_at": None, "last_used_at": None, "state": "active",
    }  # fmt: skip
    assert other == {
        "id": other["id"], "recipient": "Paul", "email": "paul@example.org", "is_main": False, "url": other["url"],
        "expires_at": LATER, "last_used_at": None, "state": "active",
    }  # fmt: skip

    async def states(method: str, tail: str, body: dict[str, Any]) -> list[str]:
        answer = await rest.ours.request(method, path + tail, json=body)
        assert answer.status_code == 200, answer.text
        return [link["state"] for link in answer.json()["links"]]

    named = {"link_id": other["id"]}
    assert await states("POST", "/link/disable", named) == ["active", "disabled"]
    assert await states("POST", "/link/disable", {}) == ["disabled", "disabled"]
    assert await states("POST", "/link/enable", named) == ["disabled", "active"]
    assert await states("POST", "/link/enable", {}) == ["active", "active"]
    assert await states("POST", "/link/revoke", named) == ["active", "revoked"]
    assert (await rest.ours.post(f"{path}/link/enable", json=named)).status_code == 409
    assert await states("POST", "/link/rotate", named) == ["active", "active"]
    await states("PATCH", f"/links/{other['id']}", {"name": "Paule", "expires_at": None})
    links = (await rest.ours.get(path)).json()["links"]
    assert (links[1]["recipient"], links[1]["email"], links[1]["expires_at"]) == (
        "Paule",
        "paul@example.org",
        None,
    )
    assert links[1]["url"] != other["url"]
    assert links[0] == main
    told = [event["type"] for event in (await rest.ours.get(f"{path}/events")).json()["items"]]
    assert [event for event in told if event.startswith("link.")] == [
        "link.created", "link.created", "link.disabled", "link.disabled", "link.enabled", "link.enabled",
        "link.revoked", "link.rotated", "link.changed",
    ]  # fmt: skip


async def test_a_mail_goes_to_the_link_that_is_named(rest: Rest) -> None:
    document = await issued(rest)
    path = f"/documents/{document['id']}"
    links = (await rest.ours.post(f"{path}/links", json={"name": "Paul", "email": "paul@example.org"})).json()
    sent = await rest.ours.post(f"{path}/send", json={"link_id": links["links"][1]["id"]})
    assert (sent.status_code, sent.json()["status"]) == (200, "sent")
    events = (await rest.ours.get(f"{path}/events")).json()["items"]
    assert (events[-1]["data"]["to"], events[-1]["data"]["link_id"]) == (
        "paul@example.org",
        links["links"][1]["id"],
    )
    assert (await rest.ours.post(f"{path}/send", json={"link_id": "0" * 32})).status_code == 404


async def test_another_company_reaches_no_link(rest: Rest) -> None:
    document, link = (found := await issued(rest)), found["links"][0]["id"]
    path = f"/documents/{document['id']}"
    for method, tail, body in (
        ("POST", "/links", {"name": "Paul"}),
        ("PATCH", f"/links/{link}", {"name": "Paul"}),
        ("POST", "/link/disable", {"link_id": link}),
        ("POST", "/link/enable", {"link_id": link}),
    ):
        answer = await rest.theirs.request(method, path + tail, json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    # A link of another document of ours is not this one's either.
    other = await issued(rest)
    answer = await rest.ours.post(f"/documents/{other['id']}/link/disable", json={"link_id": link})
    assert answer.status_code == 404
    assert (await rest.ours.get(path)).json()["links"][0]["state"] == "active"
    again = {"name": "Claire", "email": "CLAIRE@example.org"}
    assert (await rest.ours.post(f"{path}/links", json=again)).status_code == 409
