"""What every check looks at: the data set, its label, its parts, and keys that make rows equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl

from longshelf.datasets.roles import ranks
from longshelf.errors import InputError, unknown
from longshelf.tables import Dataset, IntArray

__all__ = ["View", "name_of_label", "normalised"]


def normalised(column: str) -> pl.Expr:
    """Text as it counts for equality: NFKC, lower case, single spaces; missing stays missing."""
    return _single_spaced(pl.col(column).cast(pl.String).str.normalize("NFKC"))


def _single_spaced(text: pl.Expr) -> pl.Expr:
    return text.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()


def name_of_label(dataset: Dataset, label: str | None) -> str | None:
    """The label column asked for, or the first of the schema, or None where there is none.

    Raises
    ------
    InputError
        If the data set has no such column, or it holds lists.
    """
    if label is None:
        label = dataset.schema.label[0] if dataset.schema.label else None
    if label is None:
        return None
    if label not in dataset.rows.columns:
        raise unknown("label column", label, dataset.rows.columns)
    if dataset.rows[label].dtype.is_nested():
        raise InputError(
            f"label column {label!r} holds {dataset.rows[label].dtype}; "
            "give one column per label and look at one at a time"
        )
    return label


@dataclass(frozen=True, kw_only=True)
class View:
    """A data set as the checks see it; whatever several checks need is computed once.

    Parameters
    ----------
    dataset : Dataset
    label : str or None
        The column to be predicted.
    parts : mapping of part name to (m,) int array
        Row positions of train, valid, test; empty where the data are not split yet.
    """

    dataset: Dataset
    label: str | None = None
    parts: Mapping[str, IntArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        height = self.dataset.rows.height
        for name, positions in self.parts.items():
            if len(positions) and (positions.min() < 0 or positions.max() >= height):
                raise InputError(
                    f"part {name!r} names row {int(positions.max())} or {int(positions.min())}; "
                    f"data set {self.dataset.name!r} has rows 0 to {height - 1}"
                )

    @property
    def rows(self) -> pl.DataFrame:
        """The rows of the data set."""
        return self.dataset.rows

    @property
    def lists(self) -> bool:
        """Whether items are ranked for users or queries, and nothing is labelled."""
        return self.label is None and ranks(self.dataset.schema)

    @property
    def source(self) -> str:
        """The column of the user, or of the query, where items are ranked."""
        return str(self.dataset.schema.user or self.dataset.schema.query)

    @cached_property
    def labels(self) -> pl.Series:
        """Labels as text, surrounding space kept; null where missing, blank or not a number."""
        if self.label is None:
            return pl.Series("label", [None] * self.rows.height, dtype=pl.String)
        values = self.rows[self.label]
        if values.dtype.is_float():
            values = values.fill_nan(None)
        text = values.cast(pl.String).rename("label")
        return text.to_frame().select(
            pl.when(pl.col("label").str.strip_chars() != "").then(pl.col("label"))
        )["label"]

    @cached_property
    def counts(self) -> pl.DataFrame:
        """Columns ``label`` and ``len``, largest first, missing labels left out."""
        found = self.labels.drop_nulls().to_frame().group_by("label").len()
        return found.sort("len", "label", descending=[True, False])

    @cached_property
    def normal(self) -> pl.DataFrame:
        """The text columns, normalised; NFKC leaves ASCII as it is, so there it is not run."""
        frame = self.rows.select(pl.col(name).cast(pl.String) for name in self.dataset.schema.text)
        ascii_only = frame.select((pl.all().str.len_bytes() == pl.all().str.len_chars()).all())
        plain = dict(zip(frame.columns, ascii_only.row(0) if frame.width else (), strict=True))
        return frame.select(
            _single_spaced(pl.col(name)) if plain[name] else normalised(name) for name in plain
        )

    @cached_property
    def keys(self) -> pl.Series:
        """A hash per row, equal where two rows are the same thing.

        With text: all inputs are equal, text after normalising; null where a row has no text.
        Without: every column that has a role is equal, id and weight set aside, since two events
        may well have equal features.
        """
        schema = self.dataset.schema
        if not schema.text:
            aside = (schema.id, schema.weight)
            named = [name for name in schema.columns if name not in aside]
            return self.rows.select(pl.struct(named).hash().alias("key"))["key"]
        inputs = self.rows.select(schema.inputs).with_columns(self.normal)
        hashed = inputs.select(key=pl.struct(pl.all()).hash()).with_columns(self.text)
        return hashed.select(pl.when(pl.col("text") != "").then(pl.col("key")).alias("key"))["key"]

    @cached_property
    def text(self) -> pl.Series:
        """All text columns of a row, normalised and joined by a space."""
        if not self.dataset.schema.text:
            return pl.repeat("", self.rows.height, eager=True).alias("text")
        joined = pl.concat_str(pl.all().fill_null(""), separator=" ").str.strip_chars()
        return self.normal.select(joined.alias("text"))["text"]

    @cached_property
    def membership(self) -> pl.DataFrame:
        """Columns ``position`` and ``part``; a row in two parts appears twice."""
        pieces = [
            pl.DataFrame({"position": np.asarray(positions, dtype=np.int64)}).with_columns(
                part=pl.lit(name)
            )
            for name, positions in self.parts.items()
        ]
        empty = pl.DataFrame(schema={"position": pl.Int64, "part": pl.String})
        return pl.concat([empty, *pieces])

    @property
    def first_part(self) -> str:
        """``train`` where a part is called so, else the first part."""
        return "train" if "train" in self.parts else next(iter(self.parts))

    def train_and_rest(self) -> tuple[IntArray, IntArray]:
        """Positions to learn from and to test on: the parts, or a fixed half of unsplit rows."""
        if len(self.parts) > 1:
            rest = [rows for name, rows in self.parts.items() if name != self.first_part]
            return np.asarray(self.parts[self.first_part]), np.concatenate(rest)
        position = np.arange(self.rows.height, dtype=np.uint64)
        with np.errstate(over="ignore"):
            mixed = (position * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(63)
        return np.flatnonzero(mixed == 0), np.flatnonzero(mixed == 1)
