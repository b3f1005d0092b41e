"""The transaction of use cases: what it promises on either database."""

from tests.services.conftest import World, execute
from webdoc_app.models import NumberCounter
from webdoc_app.services.work import insert_once, work


async def test_of_two_insertions_only_the_first_is_new(world: World) -> None:
    values = {"company_id": world.company_id, "series": "test", "year": 2026, "last": 0}
    for expected in (True, False, False):
        async with work() as w:
            assert await insert_once(w.session, NumberCounter, values) is expected
    assert await execute("SELECT count(*) FROM number_counters WHERE series = 'test'") == 1
