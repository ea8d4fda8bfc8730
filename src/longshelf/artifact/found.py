"""A cell of a run: found by its name, with the data and the parts it was fitted on."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import polars as pl
import yaml

from longshelf.cache import Cache
from longshelf.components import known, snake
from longshelf.errors import InputError
from longshelf.experiment.cell import Cell
from longshelf.experiment.plan import Plan, make_plan
from longshelf.experiment.store import Store
from longshelf.experiment.suite import load_suite
from longshelf.experiment.work import Worker
from longshelf.tables import Dataset
from longshelf.tasks.base import Parts

__all__ = ["Found", "check_model", "find"]


@dataclass(frozen=True)
class Found:
    """A finished cell.

    Parameters
    ----------
    cell : Cell
    key : str
        Where the store keeps it.
    about : mapping
        What the store says of it.
    store : Store
    plan : Plan
    """

    cell: Cell
    key: str
    about: Mapping[str, Any]
    store: Store
    plan: Plan

    @property
    def dataset(self) -> Dataset:
        """The rows it was fitted on."""
        return self.plan.datasets[self.cell.dataset]

    @cached_property
    def parts(self) -> Parts:
        """The problem divided as the cell divides it."""
        return Worker(self.plan.datasets, self.store, Cache.default()).parts(self.cell)

    @property
    def values(self) -> pl.DataFrame:
        """Every metric of the cell, as stored."""
        return self.store.table(self.key, "values")


def find(run: str, name: str, given: Mapping[str, Dataset] | None = None) -> Found:
    """Find a finished cell of a run.

    Parameters
    ----------
    run : str
        A run's folder or address.
    name : str
        Of the cell as tables print it, or its key.
    given : mapping of name to Dataset, optional
        Data sets the suite cannot name by itself.

    Raises
    ------
    InputError
        If the run keeps no suite, no cell is called so, it did not finish, or the data changed.
    """
    store = Store(run)
    done = store.done()
    if not done:
        raise InputError(f"{run} holds no finished cell; run one: longshelf run SUITE --out {run}")
    key = _key(run, name, done)
    about = done[key]
    if about["status"] != "done":
        raise InputError(
            f"the cell {about['cell']} is {about['status']}: {about['reason']}. Choose another"
        )
    plan = _plan(run, store, given)
    cell = next((one for one in plan.cells if one.key == key), None)
    cell = cell or next((one for one in plan.cells if one.name == about["cell"]), None)
    if cell is None:
        raise InputError(
            f"the suite of {run} no longer names the cell {about['cell']}; run it again"
        )
    _check_data(run, store, cell)
    return Found(cell, key, about, store, plan)


def _key(run: str, name: str, done: Mapping[str, Mapping[str, Any]]) -> str:
    if name in done:
        return name
    named = {str(said["cell"]): key for key, said in done.items()}
    if name in named:
        return named[name]
    near = get_close_matches(name, named, n=3, cutoff=0.3)
    hint = "".join(f"\n  {one}" for one in near)
    raise InputError(
        f"{run} has no cell {name!r} among its {len(named)}; "
        + (f"did you mean{hint}" if near else f"one is called {min(named)}")
    )


def _plan(run: str, store: Store, given: Mapping[str, Dataset] | None) -> Plan:
    content = store.read("suite.yaml")
    if content is None:
        raise InputError(f"{run} has no suite.yaml, which says how its cells were made")
    suite = load_suite(yaml.safe_load(content))
    try:
        return make_plan(suite, given)
    except InputError as error:
        raise InputError(
            f"the suite of {run} cannot be planned again: {error}. A run of a file of your own is "
            "exported where its suite says {own: {path: FILE, label: COLUMN}}"
        ) from error


def _check_data(run: str, store: Store, cell: Cell) -> None:
    content = store.read("environment.json")
    told = {} if content is None else json.loads(content).get("datasets", {})
    before = told.get(cell.dataset, {}).get("fingerprint", cell.fingerprint)
    if before != cell.fingerprint:
        raise InputError(
            f"the data {cell.dataset} changed since the run {run}: their fingerprint was {before} "
            f"and is {cell.fingerprint}. Put the old rows back, or run the suite again"
        )


def check_model(found: Found, fits: Sequence[str], reason: str) -> None:
    """Refuse a model before it is fitted, by what its fit says it returns.

    Parameters
    ----------
    found : Found
        A cell.
    fits : sequence of str
        Names of classes; a model that says it returns one of them will do.
    reason : str
        What the error says of a model that returns another.

    Raises
    ------
    InputError
        If the cell's model returns none of them.
    """

    def able(model: Any) -> bool:
        said = str(inspect.signature(model.fit).return_annotation)
        return any(name in said for name in fits)

    if not able(type(found.cell.model)):
        others = sorted(snake(name) for name, model in known("model").items() if able(model))
        raise InputError(
            f"{snake(type(found.cell.model).__name__)} {reason}; these can be: {', '.join(others)}"
        )
