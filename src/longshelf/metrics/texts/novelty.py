"""Whether a text was there before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from longshelf.metrics.texts.base import OfEach, TextReading
from longshelf.prepare import normalise_key
from longshelf.prepare.shingles import nearly_equal
from longshelf.tables import FloatArray, Rows

__all__ = ["Copied", "NearTest", "NearTrain"]


def _keys(rows: Rows) -> list[str]:
    keys = normalise_key(pl.Series(rows.y.tolist(), dtype=pl.String))
    return keys.unique(maintain_order=True).to_list()


@dataclass(frozen=True, kw_only=True)
class _Found(OfEach):
    """Share of texts that stand among others already."""

    abstract: ClassVar[bool] = True
    greater_is_better: ClassVar[bool] = False

    def among(self, reading: TextReading, asked: list[str]) -> Sequence[bool]:
        """Whether each of these distinct texts stands there."""
        raise NotImplementedError

    def parts(self, reading: TextReading) -> tuple[FloatArray, FloatArray]:
        asked = reading.keys.unique(maintain_order=True).to_list()
        found = dict(zip(asked, self.among(reading, asked), strict=True))
        top = [float(found[key]) for key in reading.keys.to_list()]
        return np.array(top), np.ones(len(reading))


@dataclass(frozen=True, kw_only=True)
class Copied(_Found):
    """Share of texts that are a training text, case and marks aside.

    Real texts have 0 where equal texts were kept on one side of the split.

    Examples
    --------
    >>> Copied().id
    'copied'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "share of texts equal to a training text after normalisation"

    def able(self, reading: TextReading) -> bool:
        return reading.train is not None

    def among(self, reading: TextReading, asked: list[str]) -> Sequence[bool]:
        assert reading.train is not None
        train = reading.train
        known = reading.for_all("train keys", lambda: frozenset(_keys(train)))
        return [key in known for key in asked]


@dataclass(frozen=True, kw_only=True)
class _Near(_Found):
    abstract: ClassVar[bool] = True

    likeness: float = 0.8

    def known(self, reading: TextReading) -> list[str]:
        """Distinct texts to be found."""
        raise NotImplementedError

    def among(self, reading: TextReading, asked: list[str]) -> Sequence[bool]:
        said = [key for key in asked if key]
        near = set(np.array(said, dtype=object)[self._near(reading, said)].tolist())
        return [key in near for key in asked]

    def _near(self, reading: TextReading, said: list[str]) -> np.ndarray:
        known = [key for key in self.known(reading) if key]
        return nearly_equal(said, known, self.likeness)


@dataclass(frozen=True, kw_only=True)
class NearTrain(_Near):
    """Share of texts nearly equal to a training text: how little a writer adds to what it read.

    Parameters
    ----------
    likeness : float in (0, 1], default 0.8
        Least Jaccard coefficient of the sets of character 4-grams.

    Examples
    --------
    >>> NearTrain().id
    'near_train'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "share of texts with Jaccard .8 or more of 4-grams to a train text"

    def able(self, reading: TextReading) -> bool:
        return reading.train is not None

    def known(self, reading: TextReading) -> list[str]:
        assert reading.train is not None
        return _keys(reading.train)


@dataclass(frozen=True, kw_only=True)
class NearTest(_Near):
    """Share of texts nearly equal to the real text of some test row.

    High where a writer has seen the test part: real texts of the same shop repeat themselves, so
    the value of ``copy_writer`` is what chance gives.

    Parameters
    ----------
    likeness : float in (0, 1], default 0.8
        As for :class:`NearTrain`.

    Examples
    --------
    >>> NearTest().id
    'near_test'
    """

    abstract: ClassVar[bool] = False
    of_real: ClassVar[bool] = False
    definition: ClassVar[str] = "share of texts with Jaccard .8 or more of 4-grams to a test text"

    def known(self, reading: TextReading) -> list[str]:
        return _keys(reading.rows)
