"""Whether a text says what was asked, and nothing against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from longshelf.metrics.texts.base import Gauge, OfEach, TextReading, spread
from longshelf.prepare.mentions import Mentions
from longshelf.tables import BoolArray, FloatArray

__all__ = ["AttributeCoverage", "Contradiction", "told"]


def told(
    text: str, asked: Mapping[str, str | None], mentions: Mentions
) -> tuple[set[str], set[str]]:
    """Of the attributes asked for: those the text names, and those it names another value of only.

    Examples
    --------
    >>> mentions = Mentions({"colour": ["Red", "Blue"], "kind": ["Mugs"]})
    >>> told("A blue mug", {"colour": "Red", "kind": "Mugs"}, mentions)
    ({'kind'}, {'colour'})
    """
    named, other = set[str](), set[str]()
    for found in mentions.of(text):
        wanted = asked.get(found.attribute)
        if wanted is not None:
            (named if wanted in found.values else other).add(found.attribute)
    return named, other - named


@dataclass(frozen=True)
class Claims:
    """What texts say of the attributes asked for, the category among them.

    Parameters
    ----------
    names : tuple of a str
    asked : (n, a) bool array
        The attribute is stated for the row.
    named : (n, a) bool array
        The text names the value asked for.
    other : (n, a) bool array
        The text names another value and not the one asked for.
    """

    names: tuple[str, ...]
    asked: BoolArray
    named: BoolArray
    other: BoolArray


def claims(reading: TextReading) -> Claims:
    """Look the levels of the inputs up in every text."""
    return reading.once("claims", lambda: _claims(reading))  # type: ignore[no-any-return]


def _claims(reading: TextReading) -> Claims:
    inputs = reading.rows.inputs
    levels = {
        name: kind.categories.to_list()
        for name, kind in inputs.schema.items()
        if isinstance(kind, pl.Enum)
    }
    names = tuple(levels)
    mentions = reading.for_all("mentions", lambda: Mentions(levels))
    place = {name: at for at, name in enumerate(names)}
    asked, named, other = (np.zeros((len(reading), len(names)), dtype=bool) for _ in range(3))
    for name, at in place.items():
        asked[:, at] = inputs[name].is_not_null().to_numpy()
    wanted = inputs.select(names).iter_rows(named=True)
    for row, (text, own) in enumerate(zip(reading.texts.tolist(), wanted, strict=True)):
        for side, found in zip((named, other), told(text, own, mentions), strict=True):
            side[row, [place[name] for name in found]] = True
    return Claims(names, asked, named, other)


@dataclass(frozen=True, kw_only=True)
class _OfClaims(OfEach):
    """A share of what was asked; also attribute by attribute."""

    abstract: ClassVar[bool] = True

    def able(self, reading: TextReading) -> bool:
        return bool(claims(reading).names)

    def said(self, found: Claims) -> BoolArray:
        """What is counted; (n, a)."""
        raise NotImplementedError

    def further(self, reading: TextReading) -> Iterator[tuple[str, str, Gauge]]:
        found = claims(reading)
        said, everyone = self.said(found), np.ones(len(reading), dtype=bool)
        for at, name in enumerate(found.names):
            asked = found.asked[:, at].astype(float)
            yield "attribute", name, spread(said[:, at].astype(float), asked, everyone)


@dataclass(frozen=True, kw_only=True)
class AttributeCoverage(_OfClaims):
    """Mean over texts of the share of what was asked that the text names.

    The category and every attribute stated for the row count; values are looked up as whole words,
    case and plurals aside. Real texts leave some attributes out, so theirs is the value to reach.

    Examples
    --------
    >>> AttributeCoverage().id
    'attribute_coverage'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "mean share of category and stated attributes that a text names"

    def said(self, found: Claims) -> BoolArray:
        return found.named

    def parts(self, reading: TextReading) -> tuple[FloatArray, FloatArray]:
        found = claims(reading)
        asked = found.asked.sum(axis=1)
        return found.named.sum(axis=1) / np.maximum(asked, 1), (asked > 0).astype(float)


@dataclass(frozen=True, kw_only=True)
class Contradiction(_OfClaims):
    """Share of texts that name another value of something asked for, and not the one asked.

    ``Blue shirt`` for a red shirt contradicts; ``red and blue shirt`` does not.

    Examples
    --------
    >>> Contradiction().greater_is_better
    False
    """

    abstract: ClassVar[bool] = False
    greater_is_better: ClassVar[bool] = False
    definition: ClassVar[str] = "share of texts naming a wrong value of category or attributes only"

    def said(self, found: Claims) -> BoolArray:
        return found.other

    def parts(self, reading: TextReading) -> tuple[FloatArray, FloatArray]:
        found = claims(reading)
        return found.other.any(axis=1).astype(float), found.asked.any(axis=1).astype(float)
