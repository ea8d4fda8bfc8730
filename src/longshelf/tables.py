"""The frozen tables that flow through LongShelf, in the order they flow.

``Dataset`` → ``Rows`` + ``Targets`` → ``Predictions`` or ``Ranking`` → ``Results``.
Arrays are NumPy; frames are Polars. Nothing here computes anything a reader could not guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from longshelf.errors import InputError

if TYPE_CHECKING:
    from longshelf.slices import Slices

__all__ = [
    "BoolArray",
    "Card",
    "Context",
    "Dataset",
    "FloatArray",
    "IntArray",
    "Matrix",
    "Predictions",
    "Ranking",
    "Resampled",
    "Rows",
    "Schema",
    "Scored",
    "Targets",
    "Valid",
    "join",
    "stack",
    "take",
]

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
BoolArray = NDArray[np.bool_]
Matrix = FloatArray | IntArray | sp.csr_matrix
"""Features of n rows: dense (n, d), sparse CSR (n, d), or ids (n, 1); always sliced by row."""

Kind = Literal["class", "multilabel", "value", "item", "text"]


@dataclass(frozen=True, kw_only=True)
class Card:
    """What one must know of a data set before using it.

    Parameters
    ----------
    title, licence, citation, language : str
        As the publisher states them.
    address : str
        The canonical public source, empty for simulated or own data.
    files : mapping of file name to sha256
        Every file the loader accepts, with its hash.
    redistribution : {"allowed", "evaluation only", "own"}
        Whether rows may be shipped.
    personal_data : str
        Which columns could identify a person, and what is done to them.
    notes : str
        Traps, counts, known defects.
    """

    title: str
    licence: str
    citation: str = ""
    language: str = "en"
    address: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    redistribution: Literal["allowed", "evaluation only", "own"] = "own"
    personal_data: str = "none"
    notes: str = ""


@dataclass(frozen=True, kw_only=True)
class Schema:
    """Which column plays which role. Unnamed columns are carried and ignored.

    Parameters
    ----------
    label : tuple of str
        The columns a task may predict, the default first. Several at once make a multi-label task.
    text, categorical, numeric : tuple of str
        Inputs by kind.
    group : tuple of str
        Columns that cut results by who is affected; never inputs unless named as such too.
    id, time, user, item, query, propensity, weight, document : str or None
        Single roles. ``document`` ties rows that must stay on one side of every split.
    """

    label: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    id: str | None = None
    time: str | None = None
    user: str | None = None
    item: str | None = None
    query: str | None = None
    propensity: str | None = None
    weight: str | None = None
    document: str | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns a model may read, each once, in role order."""
        return tuple(dict.fromkeys((*self.text, *self.categorical, *self.numeric)))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column some role names, each once."""
        single = (
            self.id, self.time, self.user, self.item, self.query,
            self.propensity, self.weight, self.document,
        )  # fmt: skip
        named = (*self.label, *self.inputs, *self.group, *(name for name in single if name))
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Rows with named roles, and where they come from.

    Parameters
    ----------
    name : str
        How cells and tables call it.
    rows : polars.DataFrame
        One line per example or interaction.
    schema : Schema
        Roles of the columns of ``rows``.
    card : Card
        Licence, citation, hashes.
    sources, targets : polars.DataFrame or None
        Users or queries, and items or classes: their text, parents, prices; first column is the key.
    findings : tuple of str
        What reading the data had to decide: rows dropped, encodings, repairs. Shown to the user.
    """

    name: str
    rows: pl.DataFrame
    schema: Schema
    card: Card
    sources: pl.DataFrame | None = None
    targets: pl.DataFrame | None = None
    findings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        absent = [column for column in self.schema.columns if column not in self.rows.columns]
        if absent:
            raise InputError(
                f"data set {self.name!r} has no column {', '.join(map(repr, absent))}; "
                f"its columns are: {', '.join(self.rows.columns)}"
            )
        if self.rows.height == 0:
            raise InputError(f"data set {self.name!r} has no rows")

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the rows and their roles; equal data have equal fingerprints."""
        from longshelf.cache import digest

        return digest(self.rows, self.schema)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """One part of the data, ready to be learned from or predicted.

    Parameters
    ----------
    id : (n,) int array
        Position in the data set; -1 for rows nobody observed.
    inputs : polars.DataFrame, n rows
        The columns features read.
    y : (n,) class codes, (n,) floats, or (n, C) multi-hot
        What the loss fits.
    code : (n,) int array, or (n, C) CSR when a row has several targets
        The imbalanced target.
    groups : polars.DataFrame, n rows
        One column per group axis, possibly none.
    weight, propensity : (n,) float array or None
        Given by the data, not by a remedy.
    origin : (n,) str array or None
        Who wrote the row; None means all observed.
    """

    id: IntArray
    inputs: pl.DataFrame
    y: NDArray[Any]
    code: IntArray | sp.csr_matrix
    groups: pl.DataFrame
    weight: FloatArray | None = None
    propensity: FloatArray | None = None
    origin: NDArray[np.str_] | None = None

    def __len__(self) -> int:
        return len(self.id)

    def take(self, index: IntArray | BoolArray) -> Rows:
        """The rows at these positions, repeats allowed."""
        if index.dtype == np.bool_:
            index = np.flatnonzero(index)
        optional = {
            name: None if (value := getattr(self, name)) is None else value[index]
            for name in ("weight", "propensity", "origin")
        }
        return Rows(
            id=self.id[index],
            inputs=self.inputs[index],
            y=self.y[index],
            code=self.code[index],
            groups=self.groups[index],
            **optional,
        )


def _optional(parts: Sequence[Rows], name: str, default: Any) -> Any:
    values = [getattr(part, name) for part in parts]
    if all(value is None for value in values):
        return None
    filled = [
        np.full(len(part), default) if value is None else value
        for part, value in zip(parts, values, strict=True)
    ]
    return np.concatenate(filled)


def join(*parts: Rows) -> Rows:
    """One part after another; a missing weight counts as 1, a missing origin as ``observed``."""
    code: IntArray | sp.csr_matrix
    if sp.issparse(parts[0].code):
        code = sp.csr_matrix(sp.vstack([part.code for part in parts]))
    else:
        code = np.concatenate([part.code for part in parts])
    return Rows(
        id=np.concatenate([part.id for part in parts]),
        inputs=pl.concat([part.inputs for part in parts], how="vertical_relaxed"),
        y=np.concatenate([part.y for part in parts]),
        code=code,
        groups=pl.concat([part.groups for part in parts], how="vertical_relaxed"),
        weight=_optional(parts, "weight", 1.0),
        propensity=_optional(parts, "propensity", 1.0),
        origin=_optional(parts, "origin", "observed"),
    )


def take(X: Matrix, index: IntArray | BoolArray) -> Matrix:
    """The feature rows at these positions, dense or sparse."""
    return X[index]


def stack(*parts: Matrix) -> Matrix:
    """Feature rows under one another; sparse stays sparse."""
    if any(sp.issparse(part) for part in parts):
        return sp.csr_matrix(sp.vstack(parts, format="csr"))
    return np.concatenate(parts)


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What is imbalanced: classes of a row, items of a user or a query, bins of a value.

    Parameters
    ----------
    names : (C,) str array
    kind : {"class", "multilabel", "value", "item", "text"}
        What a score means: softmax over classes, one sigmoid each, a number, a ranking, a text.
    natural : (C,) float array
        Rows per target in the observed training part; slices and corrections read this.
    seen : (C,) float array
        Rows per target as the learner meets them, after expansion, resampling and sampling law;
        weights and losses read this.
    log_q : (C,) float array or None
        Log probability with which a sampled softmax draws each target.
    parents : (C,) str array or None
        The category above each target.
    text : (C,) str array or None
        Names or descriptions a model may read.
    rank : (C,) int array or None
        Order of the targets when they are grades or bins.
    """

    names: NDArray[np.str_]
    kind: Kind = "class"
    natural: FloatArray = field(default_factory=lambda: np.zeros(0))
    seen: FloatArray = field(default_factory=lambda: np.zeros(0))
    log_q: FloatArray | None = None
    parents: NDArray[np.str_] | None = None
    text: NDArray[np.str_] | None = None
    rank: IntArray | None = None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def prior(self) -> FloatArray:
        """Natural share of each target, counts floored at one row, summing to 1; (C,)."""
        counts = np.maximum(self.natural, 1.0)
        return counts / counts.sum()

    @property
    def seen_prior(self) -> FloatArray:
        """Share of each target as the learner meets it, floored and summing to 1; (C,)."""
        counts = np.maximum(self.seen, 1.0)
        return counts / counts.sum()

    def count(self, code: IntArray | sp.csr_matrix) -> FloatArray:
        """Rows per target in a part; (C,)."""
        if sp.issparse(code):
            return np.asarray(code.sum(axis=0), dtype=float).ravel()
        return np.bincount(code, minlength=len(self)).astype(float)

    def observed(self, train: Rows) -> Targets:
        """The same targets with both counts taken from the training part."""
        counts = self.count(train.code)
        return replace(self, natural=counts, seen=counts)

    def seeing(self, counts: FloatArray) -> Targets:
        """The same targets with other counts met by the learner."""
        return replace(self, seen=np.asarray(counts, dtype=float))

    def take(self, ids: IntArray) -> Targets:
        """The columns a sampled or in-batch softmax uses."""
        optional = {
            name: None if (value := getattr(self, name)) is None else value[ids]
            for name in ("log_q", "parents", "text", "rank")
        }
        return replace(
            self, names=self.names[ids], natural=self.natural[ids], seen=self.seen[ids], **optional
        )


@dataclass(frozen=True)
class Resampled:
    """What a resampler delivers: which rows stay (repeats allowed), and rows it made up.

    Parameters
    ----------
    kept : (m,) int array
        Positions in the training part.
    synthetic_X : (s, d) matrix or None
        Feature rows nobody observed.
    synthetic_code : (s,) int array
        Their targets.
    asked : mapping of target name to count
        Rows each target should have had; shown beside what was delivered.
    """

    kept: IntArray
    synthetic_X: Matrix | None = None
    synthetic_code: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    asked: Mapping[str, int] = field(default_factory=dict)

    def apply(self, X: Matrix, rows: Rows) -> tuple[Matrix, Rows]:
        """The resampled features and rows; made-up rows have id -1, no inputs and no groups."""
        X_kept, kept = take(X, self.kept), rows.take(self.kept)
        if self.synthetic_X is None:
            return X_kept, kept
        n = len(self.synthetic_code)
        made = Rows(
            id=np.full(n, -1),
            inputs=rows.inputs.clear(n),
            y=self.synthetic_code.astype(rows.y.dtype),
            code=self.synthetic_code,
            groups=rows.groups.clear(n),
            origin=np.full(n, "synthetic"),
        )
        return stack(X_kept, self.synthetic_X), join(kept, made)

    def then(self, later: Resampled) -> Resampled:
        """This step followed by one that was applied to its outcome."""
        own = later.kept < len(self.kept)
        kept = self.kept[later.kept[own]]
        parts, codes = [], []
        if self.synthetic_X is not None:
            still = later.kept[~own] - len(self.kept)
            parts.append(take(self.synthetic_X, still))
            codes.append(self.synthetic_code[still])
        if later.synthetic_X is not None:
            parts.append(later.synthetic_X)
            codes.append(later.synthetic_code)
        asked = {**self.asked, **later.asked}
        if not parts:
            return Resampled(kept, asked=asked)
        return Resampled(kept, stack(*parts), np.concatenate(codes), asked)


@dataclass(frozen=True, kw_only=True)
class Valid:
    """The validation part with its features; ``scores`` are filled once something is fitted."""

    X: Matrix
    rows: Rows
    scores: FloatArray | None = None


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a re-ranking may know of targets and sources.

    Parameters
    ----------
    targets : Targets
        With natural counts.
    slices : Slices
        Head, torso and tail of the targets.
    history : (U, C) CSR
        Training interactions per source.
    vectors : (C, d) float array or None
        One vector per target, for diversity.
    """

    targets: Targets
    slices: Slices
    history: sp.csr_matrix
    vectors: FloatArray | None = None


@dataclass(frozen=True, kw_only=True)
class Scored:
    """One part with what was predicted for it.

    Parameters
    ----------
    rows : Rows
        Ids, true targets and groups of the n rows.
    scores : (n, C) float array
        What makes decisions: softmax or sigmoid logits, or values (n, 1).
    raw, corrected : (n, C) float array
        Probabilities before and after prior correction and calibration.
    decisions : mapping of {"argmax", "tuned"} to (n,) codes, (n, C) multi-hot or (n,) values
    """

    rows: Rows
    scores: FloatArray
    raw: FloatArray
    corrected: FloatArray
    decisions: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Both held-out parts; only ``test`` is reported."""

    valid: Scored
    test: Scored


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Ranked targets per source.

    Parameters
    ----------
    sources : (u,) int array
        Source codes.
    ids : (u, k) int array
        Target codes, best first; -1 pads short lists.
    scores : (u, k) float array
        Falling along each row.
    """

    sources: IntArray
    ids: IntArray
    scores: FloatArray

    def top(self, k: int) -> Ranking:
        """The first k of every list."""
        return replace(self, ids=self.ids[:, :k], scores=self.scores[:, :k])
