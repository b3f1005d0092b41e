"""One of two people who answer the same documents at the same instants, in a thread or a process of their own."""

import asyncio
from threading import local
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from webdoc_app.domain.errors import Refusal
from webdoc_app.services import database, decisions, work
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import Runtime, configure

KEYS, ORIGIN = ["k" * 32], "http://localhost:3000"
WAIT_SECONDS = 60
Race = tuple[str, str]
"""Token and nonce of one document's form."""


class RuntimeOfThreads(Runtime):
    """Each thread has an engine of its own, as each process has."""

    _own = local()

    @property
    def engine(self) -> AsyncEngine:  # type: ignore[override]
        engine: AsyncEngine = self._own.engine
        return engine

    @engine.setter
    def engine(self, engine: AsyncEngine) -> None:
        self._own.engine = engine


def answer_all(answer: str, races: list[Race], barrier: Any) -> list[str]:
    """Answers each document when the other one does; for each the code of the refusal and its words, or nothing."""
    outcomes = []
    with asyncio.Runner() as runner:
        for token, nonce in races:
            form = decisions.DecisionForm(answer, "1", nonce, f"Personne {answer}")
            barrier.wait(WAIT_SECONDS)
            try:
                runner.run(decisions.decide_with_token(token, form, Visitor("192.0.2.1", answer)))
            except Refusal as refusal:
                outcomes.append(f"{refusal.code}: {refusal.sentence}")
            else:
                outcomes.append("")
        runner.run(work.runtime().engine.dispose())
    return outcomes


def in_a_thread(
    runtime: RuntimeOfThreads, url: str, answer: str, races: list[Race], barrier: Any
) -> list[str]:
    runtime.engine = database.async_engine(url)
    return answer_all(answer, races, barrier)


def in_a_process(url: str, answer: str, races: list[Race], barrier: Any, told: Any) -> None:
    configure(Runtime(engine=database.async_engine(url), keys=KEYS, origin=ORIGIN))
    told.put((answer, answer_all(answer, races, barrier)))
