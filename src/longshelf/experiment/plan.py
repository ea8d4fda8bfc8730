"""From a suite to its cells, data sets loaded once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from longshelf.components import build, show
from longshelf.errors import InputError, unknown
from longshelf.experiment.cell import Cell
from longshelf.experiment.suite import Block, Suite
from longshelf.tables import Dataset
from longshelf.tracking import Lines, Tracker

__all__ = ["Plan", "grouped", "make_plan"]


@dataclass(frozen=True)
class Plan:
    """The cells of a suite, in the order they run.

    Parameters
    ----------
    suite : Suite
    cells : tuple of Cell
        Each once.
    datasets : mapping of name to Dataset
    trackers : tuple of Tracker
        Where its curves are recorded.
    """

    suite: Suite
    cells: tuple[Cell, ...]
    datasets: Mapping[str, Dataset]
    trackers: tuple[Tracker, ...] = ()

    @property
    def jobs(self) -> list[tuple[Cell, ...]]:
        """Cells that share a learner, together."""
        return list(grouped(self.cells, "learn_key"))


def grouped(cells: Iterable[Cell], key: str) -> Iterator[tuple[Cell, ...]]:
    """Cells with one value of an attribute together, in the order they come."""
    shared: dict[str, list[Cell]] = {}
    for cell in cells:
        shared.setdefault(getattr(cell, key), []).append(cell)
    yield from map(tuple, shared.values())


def make_plan(suite: Suite, given: Mapping[str, Dataset] | None = None) -> Plan:
    """Name every cell of a suite.

    Parameters
    ----------
    suite : Suite
        What to run.
    given : mapping of name to Dataset, optional
        Data sets already at hand.

    Raises
    ------
    InputError
        Unknown names or arguments, columns that do not exist.
    Unavailable
        If a data set's file is missing.
    """
    datasets: dict[str, Dataset] = dict(given or {})
    cells: dict[str, Cell] = {}
    for block in suite.blocks():
        for cell in _cells(block, suite, datasets):
            cells.setdefault(cell.key, cell)
    if not cells:
        raise InputError(f"suite {suite.name!r} names no cells; add data sets, models, strategies")
    order = sorted(cells.values(), key=lambda cell: (cell.dataset, cell.seed))
    return Plan(suite, tuple(order), datasets, _trackers(suite))


def _trackers(suite: Suite) -> tuple[Tracker, ...]:
    """Those the suite names; lines are always written."""
    named = tuple(dict.fromkeys(build("tracker", spec) for spec in suite.track))
    return named if any(isinstance(one, Lines) for one in named) else (Lines(), *named)


def _cells(block: Block, suite: Suite, datasets: dict[str, Dataset]) -> Iterator[Cell]:
    assert block.datasets is not None
    assert block.seeds is not None
    task, split = build("task", block.task), build("split", block.split)
    seeds = range(block.seeds) if isinstance(block.seeds, int) else block.seeds
    arms: list[tuple[Any, Any, Any]] = [
        (build("features", one), build("model", two), build("strategy", three))
        for one, two, three in product(
            block.features or (), block.models or (), block.strategies or ()
        )
    ]
    for spec in block.datasets:
        name, dataset = _dataset(spec, datasets)
        task.pose(dataset)
        rivals = _rivals(task, dataset) if suite.rivals else []
        for seed, (features, model, strategy) in product(seeds, [*rivals, *arms]):
            yield Cell(
                dataset=name, fingerprint=dataset.fingerprint, task=task, split=split,
                features=features, model=model, strategy=strategy, seed=seed, rule=suite.slices,
            )  # fmt: skip


def _dataset(spec: Any, datasets: dict[str, Dataset]) -> tuple[str, Dataset]:
    if isinstance(spec, str) and spec in datasets:
        return spec, datasets[spec]
    if isinstance(spec, Mapping) and list(spec) == ["own"]:
        from longshelf.datasets import read_own

        dataset = read_own(**_own_arguments(spec["own"]))
        known = datasets.setdefault(dataset.name, dataset)
        if known.fingerprint != dataset.fingerprint:
            raise InputError(
                f"two data sets of this suite are called {dataset.name!r}; give one of them "
                "another name: {own: {path: FILE, label: COLUMN, name: NAME}}"
            )
        return dataset.name, dataset
    source = build("dataset", spec)
    name = show(source)
    if name not in datasets:
        datasets[name] = source.load()
    return name, datasets[name]


def _own_arguments(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping) or "path" not in given:
        raise InputError(
            f"own data are written {{own: {{path: FILE, label: COLUMN}}}}, got {given!r}"
        )
    from inspect import signature

    from longshelf.datasets import read_own

    arguments = dict(given)
    source = arguments.pop("path")
    for name in arguments:
        if name not in signature(read_own).parameters:
            raise unknown("key of own data", name, [*signature(read_own).parameters][1:])
    return {"source": source, **arguments}


def _rivals(task: Any, dataset: Dataset) -> Sequence[tuple[Any, Any, Any]]:
    none = build("strategy", "none")
    rivals = []
    for features, model in task.rivals_for(dataset):
        rivals.append((build("features", features), build("model", model), none))
    return rivals
