"""Rows with named roles, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from itertools import chain
from typing import Literal

import polars as pl

from longshelf.errors import InputError

__all__ = ["Card", "Dataset", "Schema"]


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
    id, time, user, item, query, grade, propensity, weight, document, chance : str or None
        Single roles. ``grade`` is how relevant an item is to a query, a number of at least 0 with
        0 for irrelevant. ``document`` ties rows that must stay on one side of every split.
        ``chance`` is the true probability of the rarer class, where a simulator knows it.
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
    grade: str | None = None
    propensity: str | None = None
    weight: str | None = None
    document: str | None = None
    chance: str | None = None

    @property
    def named(self) -> dict[str, str | tuple[str, ...]]:
        """Roles that some column plays, with their columns."""
        roles = {role.name: getattr(self, role.name) for role in fields(self)}
        return {role: columns for role, columns in roles.items() if columns}

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns a model may read, each once, in role order."""
        return tuple(dict.fromkeys((*self.text, *self.categorical, *self.numeric)))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column some role names, each once."""
        roles = self.named.values()
        columns = chain.from_iterable([role] if isinstance(role, str) else role for role in roles)
        return tuple(dict.fromkeys(columns))


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
        """A hash of the rows and the roles that are named; equal data have equal fingerprints.

        Every random stream starts from it, so a role that these data do not name stays out.
        """
        from longshelf.cache import digest

        return digest(self.rows, self.schema.named)
