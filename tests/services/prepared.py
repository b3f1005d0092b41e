"""A migrated database to copy: a new one for each example costs more than the example."""

import asyncio
import atexit
import functools
import shutil
import tempfile
from pathlib import Path

from webdoc_app.services import companies, customers, database
from webdoc_app.services.work import Runtime, configure


@functools.cache
def prepared_database() -> tuple[Path, str, str]:
    """A database with a company and a customer in it, to copy: its file and their ids."""
    folder = Path(tempfile.mkdtemp(prefix="webdoc-prepared-"))
    atexit.register(shutil.rmtree, folder)
    path = folder / "webdoc.sqlite3"
    database.migrate(f"sqlite:///{path}")

    async def fill() -> tuple[str, str]:
        engine = database.async_engine(f"sqlite:///{path}")
        configure(Runtime(engine, ["k" * 32], "http://localhost:3000"))
        company, _ = await companies.create_company("Morel", "m@example.org", "motdepasse")
        customer = await customers.create_customer(company, {"name": "Claire", "email": "c@example.org"})
        await engine.dispose()
        return company, customer

    return path, *asyncio.run(fill())
