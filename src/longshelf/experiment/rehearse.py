"""What the language models of a plan would cost: its own prompts, written and not sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any

from longshelf.errors import NotApplicable
from longshelf.experiment.cell import Cell
from longshelf.experiment.plan import Plan, grouped
from longshelf.experiment.work import Worker
from longshelf.language.endpoint import Endpoint
from longshelf.language.spending import Rehearsal, Rehearsed, rehearsing
from longshelf.learning import before, fitting, learn

__all__ = ["rehearse"]


def rehearse(plan: Plan, done: Mapping[str, Any], worker: Worker) -> str:
    """A sentence on what the cells that are not done would cost at chat endpoints.

    Shots are drawn and prompts are written as in the run itself; those that were answered before
    are known by their keys. Answers' lengths are guessed. Of generators the first round counts:
    drafts that filters drop are asked for again.

    Parameters
    ----------
    plan : Plan
        Its cells are looked at in the order they run.
    done : mapping
        Keys of the cells that are done.
    worker : Worker
        Poses problems and divides them; nothing is stored.

    Raises
    ------
    InputError
        If an endpoint names no model, or caps money without prices.
    """
    fits = grouped((cell for cell in plan.cells if cell.key not in done), "fit_key")
    asking = [cell for cell, *_ in fits if any(map(_asks, (cell.model, *cell.strategy.parts)))]
    with rehearsing() as counted:
        for cell in asking:
            if worker.cache.get(cell.fit_key) is None:
                _rehearse(cell, worker)
    return f"language-model cost: {_said(counted) if counted.asked else 'none'}"


def _rehearse(cell: Cell, worker: Worker) -> None:
    parts = worker.parts(cell)
    for strategy in before(cell.strategy).parts:
        if _asks(strategy):
            with suppress(Rehearsed, NotApplicable):
                strategy.expand(parts.train, parts.targets, cell.rng)
    if _asks(cell.model):
        strategy = fitting(cell.task, cell.strategy)
        with suppress(Rehearsed, NotApplicable):
            learn(parts, cell.features, cell.model, strategy, cell.rng, worker.cache)


def _asks(component: Any) -> bool:
    return any(isinstance(one, Endpoint) for one in _within(component))


def _within(component: Any) -> Iterator[Any]:
    """A component, and those among its arguments."""
    yield component
    if is_dataclass(component):
        for one in fields(component):
            value = getattr(component, one.name)
            for inner in value if isinstance(value, tuple) else (value,):
                if is_dataclass(inner):
                    yield from _within(inner)


def _said(counted: Rehearsal) -> str:
    kept = f" ({counted.hits:,} more are answered and kept)" if counted.hits else ""
    tokens = f"{counted.read:,.0f} tokens read and {counted.written:,.0f} written"
    if counted.money is None:
        priced = "no price without prices=(…) or LONGSHELF_CHAT_PRICES"
    else:
        priced = f"{counted.money:.2f} of money by the prices given"
    return f"about {len(counted.asked) - counted.hits:,} requests{kept}, {tokens}, {priced}"
