"""Decisions of a classifier's artifact, many requests at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import polars as pl

from longshelf.serving.batcher import Batcher
from longshelf.serving.problems import Problem
from longshelf.tables import FloatArray

__all__ = ["Classes", "Classifying"]

KINDS: Mapping[str, Any] = {
    "string": pl.String, "number": pl.Float64, "integer": pl.Int64, "boolean": pl.Boolean,
}  # fmt: skip
LIKELIEST = 5


class Classifying(Protocol):
    """What :class:`~longshelf.artifact.Classifier` offers."""

    manifest: Mapping[str, Any]
    schema: Mapping[str, Any]
    classes: list[str]
    slices: list[str]

    def classify(self, rows: pl.DataFrame) -> Any:
        """Decisions, probabilities and scores of rows."""
        ...


class Classes:
    """Micro-batches of rows through a classifier, in a thread of its own.

    Parameters
    ----------
    made : Classifier
    """

    def __init__(self, made: Classifying) -> None:
        self.made = made
        columns: Mapping[str, Mapping[str, Any]] = made.schema.get("properties", {})
        self.kinds = {name: KINDS.get(_kind(said), pl.String) for name, said in columns.items()}
        self.needed = frozenset(made.schema.get("required", ()))
        self._batcher: Batcher[pl.DataFrame, list[dict[str, Any]]] = Batcher(
            self._work, most=16, bound=64, name="classify"
        )

    def frame(self, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        """Rows as the classifier reads them.

        Raises
        ------
        Problem
            If a column is unknown, missing, or of another type.
        """
        known = ", ".join(self.kinds)
        for row in rows:
            if row.keys() - self.kinds.keys():
                raise Problem(422, f"a row holds a column that is not read; columns are: {known}")
            if absent := self.needed - row.keys():
                raise Problem(422, f"a row lacks {', '.join(sorted(absent))}")
        try:
            return pl.DataFrame(
                {
                    name: pl.Series(name, [row.get(name) for row in rows], dtype=kind, strict=True)
                    for name, kind in self.kinds.items()
                }
            )
        except (TypeError, OverflowError, pl.exceptions.PolarsError):
            kinds = ", ".join(f"{name}: {kind}" for name, kind in self.kinds.items())
            raise Problem(422, f"a value is of another type than {kinds}") from None

    async def ask(self, rows: pl.DataFrame, patience: float) -> list[dict[str, Any]]:
        """Decision and likeliest classes of each row."""
        return await self._batcher.ask(rows, patience)

    def close(self) -> None:
        """End the thread once it is idle."""
        self._batcher.close()

    def _work(self, frames: list[pl.DataFrame]) -> list[list[dict[str, Any]]]:
        found = self.made.classify(pl.concat(frames))
        told = self._told([str(one) for one in found.decisions], np.asarray(found.probabilities))
        ends = np.cumsum([frame.height for frame in frames]).tolist()
        return [told[end - frame.height : end] for end, frame in zip(ends, frames, strict=True)]

    def _told(self, decisions: list[str], chances: FloatArray) -> list[dict[str, Any]]:
        best = np.argsort(-chances, axis=1, kind="stable")[:, :LIKELIEST]
        return [
            {
                "decision": decision,
                "likeliest": [
                    {
                        "name": self.made.classes[code], "slice": self.made.slices[code],
                        "probability": float(row[code]),
                    }
                    for code in codes
                ],
            }
            for decision, row, codes in zip(decisions, chances, best.tolist(), strict=True)
        ]  # fmt: skip


def _kind(said: Mapping[str, Any]) -> str:
    kind = said.get("type", "string")
    if isinstance(kind, list):
        return next((one for one in kind if one != "null"), "string")
    return str(kind)
