"""Decisions of a classifier's artifact, many requests at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.serving.batcher import Batcher
from longshelf.serving.problems import Problem
from longshelf.tables import FloatArray

__all__ = ["Classes", "Classifying", "Decided"]

LIKELIEST = 5

Decided = tuple[str | list[str], list[dict[str, Any]]]
"""The class of a row, or all its labels, and the likeliest classes."""


class Classifying(Protocol):
    """What :class:`~longshelf.artifact.Classifier` offers."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Of its artifact."""
        ...

    @property
    def classes(self) -> list[str]:
        """Names, in the order of the probabilities."""
        ...

    @property
    def slices(self) -> list[str]:
        """Head, torso or tail, of each class."""
        ...

    def table(self, records: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        """Rows from JSON objects."""
        ...

    def classify(self, rows: pl.DataFrame) -> Any:
        """Decisions and probabilities of rows."""
        ...


class Classes:
    """Micro-batches of rows through a classifier, in a thread of its own.

    Parameters
    ----------
    made : Classifier
    """

    def __init__(self, made: Classifying) -> None:
        self.made = made
        self._batcher: Batcher[pl.DataFrame, list[Decided] | InputError] = Batcher(
            self._work, most=16, bound=64, name="classify"
        )

    async def ask(self, rows: Sequence[Mapping[str, Any]], patience: float) -> list[Decided]:
        """Decision and likeliest classes of each row.

        Raises
        ------
        Problem
            If a row is not as the artifact's schema says.
        Busy
            If too many requests wait.
        TimeoutError
            If it took longer than ``patience`` seconds.
        """
        try:
            found = await self._batcher.ask(self.made.table(rows), patience)
        except InputError as error:
            raise Problem(422, str(error)) from None
        if isinstance(found, InputError):
            raise Problem(422, str(found))
        return found

    def close(self) -> None:
        """End the thread once it is idle."""
        self._batcher.close()

    def _work(self, frames: list[pl.DataFrame]) -> list[list[Decided] | InputError]:
        """All at once; one by one where rows of one request do not fit."""
        try:
            told = self._told(self.made.classify(pl.concat(frames)))
        except InputError as error:
            if len(frames) == 1:
                return [error]
            return [self._work([frame])[0] for frame in frames]
        ends = np.cumsum([frame.height for frame in frames]).tolist()
        return [told[end - frame.height : end] for end, frame in zip(ends, frames, strict=True)]

    def _told(self, found: Any) -> list[Decided]:
        chances: FloatArray = np.asarray(found.probabilities)
        best = np.argsort(-chances, axis=1, kind="stable")[:, :LIKELIEST].tolist()
        classes, slices = self.made.classes, self.made.slices
        likeliest = [
            [
                {"name": classes[code], "slice": slices[code], "probability": float(row[code])}
                for code in codes
            ]
            for row, codes in zip(chances, best, strict=True)
        ]
        decided = [
            list(map(str, one)) if isinstance(one, tuple) else str(one) for one in found.decisions
        ]
        return list(zip(decided, likeliest, strict=True))
