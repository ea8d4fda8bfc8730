"""A task says what is predicted, what is imbalanced, and which metrics count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.errors import InputError
from longshelf.generators.provenance import OBSERVED, ORIGIN
from longshelf.prepare import normalise_key
from longshelf.slices import Slices, cut
from longshelf.splits.base import TEST, TRAIN, VALID, Split
from longshelf.splits.generated import kept_in_train
from longshelf.splits.grouped import tie
from longshelf.tables import Dataset, IntArray, Matrix, Rows, Schema, Targets, Valid

if TYPE_CHECKING:
    from longshelf.cache import Cache
    from longshelf.learning import Learned, Once
    from longshelf.metrics.measured import Measured
    from longshelf.models.base import Fitted
    from longshelf.strategies.base import Strategy

__all__ = ["Outputs", "Parts", "Problem", "Task", "divide"]

Outputs = Mapping[str, NDArray[Any]]
"""What one fit gives, as named arrays: enough for every strategy that acts afterwards."""


@dataclass(frozen=True)
class Problem:
    """A data set seen through a task.

    Parameters
    ----------
    dataset : Dataset
    task : Task
    rows : Rows
        Every usable row, n of them.
    targets : Targets
        Without counts: those come from the training part.
    findings : tuple of str
        What encoding had to decide.
    sources : (S,) str array
        Names of the users, queries or items that targets are ranked for; empty without a ranking.
    tied : (n,) int array or None
        Rows of one number stay on one side of every split, beside what the schema ties.
    roles : Schema or None
        Of the columns of ``rows.inputs``, where a task makes others than the data set has.
    """

    dataset: Dataset
    task: Task
    rows: Rows
    targets: Targets
    findings: tuple[str, ...] = ()
    sources: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, dtype=np.str_))
    tied: IntArray | None = None
    roles: Schema | None = None

    @property
    def reads(self) -> Schema:
        """Roles of the columns that features read."""
        return self.roles or self.dataset.schema

    @cached_property
    def keys(self) -> IntArray:
        """Number of the group of rows that must stay on one side; (n,).

        Rows with equal normalised text are tied, and so are rows of one document. Where rows name
        a user and an item they are events: their text tells the item and ties nothing.
        """
        schema = self.dataset.schema
        ties = [] if self.tied is None else [self.tied]
        events = self.targets.kind == "item" or (schema.user and schema.item)
        if schema.text and not events:
            frame = self.dataset.rows[self.rows.id]
            ties.append(_numbered(normalise_key(_joined(frame, schema.text))))
        if schema.document:
            ties.append(_numbered(self.dataset.rows[schema.document][self.rows.id]))
        if not ties:
            return np.arange(len(self.rows))
        return tie(*ties) if len(ties) > 1 else ties[0]

    @property
    def strata(self) -> IntArray:
        """The class a split balances; rows with several targets count for their rarest; (n,)."""
        return self.task.strata(self.rows, self.targets)


def _joined(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    parts = [pl.col(column).cast(pl.String).fill_null("") for column in columns]
    return frame.select(pl.concat_str(parts, separator=" ").alias("text"))["text"]


def _numbered(values: pl.Series) -> IntArray:
    return values.fill_null("").rank("dense").to_numpy().astype(np.int64) - 1


@dataclass(frozen=True)
class Parts:
    """A problem divided: the three parts, targets counted on train, their slices, and the seed.

    ``shared`` keeps what measuring one arm computed that every other arm on these parts needs.
    """

    problem: Problem
    train: Rows
    valid: Rows
    test: Rows
    targets: Targets
    slices: Slices
    findings: tuple[str, ...] = ()
    seed: int = 0
    shared: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


def divide(problem: Problem, split: Split, seed: int, rule: str = "mass") -> Parts:
    """Divide a problem by a split.

    Raises
    ------
    InputError
        If a part is empty, train holds a single class, or rows were generated before the split.
    """
    assigned = split.assign(problem, seed)
    told = kept_in_train(problem, split, assigned)
    train, valid, test = (problem.rows.take(assigned.of(code)) for code in (TRAIN, VALID, TEST))
    for name, part in (("train", train), ("valid", valid), ("test", test)):
        if len(part) == 0:
            raise InputError(f"the split leaves no rows for {name}: {_scarce(problem)}")
    if assigned.shown is not None:
        test = replace(test, inputs=assigned.shown)
    train, valid, test = problem.task.informed(train, valid, test)
    train = _with_origin(train, problem.dataset.rows) if told and split.given else train
    targets = problem.targets.observed(train)
    if targets.kind == "class" and int((targets.natural > 0).sum()) < 2:
        raise InputError("the training part holds a single class; there is nothing to tell apart")
    findings = (*problem.findings, *assigned.findings, *told)
    return Parts(problem, train, valid, test, targets, cut(targets.natural, rule), findings, seed)


def _with_origin(train: Rows, frame: pl.DataFrame) -> Rows:
    """The training rows with what their data say of who wrote them."""
    origin = frame[ORIGIN].cast(pl.String).fill_null(OBSERVED).to_numpy()
    return replace(train, origin=origin[train.id].astype(np.str_))


def _scarce(problem: Problem) -> str:
    """Why a part can be empty, and what to do."""
    rows, sizes = len(problem.rows), np.unique(problem.keys, return_counts=True)[1]
    if len(sizes) < rows:
        return (
            f"rows with equal inputs or of one document stay together, so {rows:,} rows make "
            f"{len(sizes):,} groups, the largest of {sizes.max():,} rows; give more rows, or a split "
            "that reads a column: by_time, grouped(by='…')"
        )
    return f"{rows:,} rows are too few, or no class has three distinct rows"


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is fitted, what is imbalanced, and what counts.

    ``judging`` names the arguments no fit depends on, so tasks that differ in them share fits.
    ``illustrated`` tasks give examples to look at. A ``looped`` task learns from its own lists:
    what acts on a finished fit decides the next one. ``uses`` names modules beside its own that
    its outputs follow from.
    """

    abstract: ClassVar[bool] = True
    judging: ClassVar[frozenset[str]] = frozenset()
    illustrated: ClassVar[bool] = False
    looped: ClassVar[bool] = False
    uses: ClassVar[tuple[str, ...]] = ()

    @property
    def primary(self) -> str:
        """The metric that decides."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """How cells call it."""
        raise NotImplementedError

    def rivals_for(self, dataset: Dataset) -> Sequence[tuple[str, str]]:
        """The trivial rivals as pairs of features and model, by name."""
        raise NotImplementedError

    def pose(self, dataset: Dataset) -> Problem:
        """Encode the data for this task.

        Raises
        ------
        InputError
            If a column is missing or there is nothing to predict.
        """
        raise NotImplementedError

    def strata(self, rows: Rows, targets: Targets) -> IntArray:
        """The class a split balances; (n,)."""
        raise NotImplementedError

    def learn(
        self, parts: Parts, strategy: Strategy, once: Once, rng: np.random.Generator, cache: Cache
    ) -> Learned:
        """Fit once; a looped task calls ``once`` for every fit it needs."""
        return once(parts, rng, cache)

    def informed(self, train: Rows, valid: Rows, test: Rows) -> tuple[Rows, Rows, Rows]:
        """The parts with inputs that depend on the split, such as what a user had before."""
        return train, valid, test

    def outputs(self, fitted: Fitted, parts: Parts, X_valid: Matrix, X_test: Matrix) -> Outputs:
        """Everything later strategies and metrics need of a fit, as arrays."""
        raise NotImplementedError

    def conclude(self, outputs: Outputs, parts: Parts, valid: Valid, strategy: Strategy) -> Any:
        """Apply what a strategy does after fitting; predictions or rankings."""
        raise NotImplementedError

    def measure(self, predicted: Any, parts: Parts) -> Measured:
        """Every metric that counts, by slice."""
        raise NotImplementedError

    def examples(self, predicted: Any, parts: Parts) -> pl.DataFrame:
        """A few predictions to look at, with names and texts, of ``illustrated`` tasks."""
        raise NotImplementedError
