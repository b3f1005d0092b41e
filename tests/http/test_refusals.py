"""Who came too often is told when to come back, program and person alike."""

import pytest

from webdoc_app.domain.errors import TooMany
from webdoc_app.http.answers import refusal_response


@pytest.mark.parametrize("path", ["/api/v1/documents", "/login"])
def test_too_many_says_when(path: str) -> None:
    scope = {"type": "http", "path": path, "headers": []}
    answer = refusal_response(TooMany("Trop de demandes en peu de temps. Réessayez dans une minute."), scope)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
