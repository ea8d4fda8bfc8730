"""Test text that is nearly training text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.prepare.shingles import nearly_equal
from longshelf.validation.check import Check, Finding
from longshelf.validation.view import View

__all__ = ["NearDuplicateAcrossParts"]


@dataclass(frozen=True, kw_only=True)
class NearDuplicateAcrossParts(Check):
    """A text outside train shares most of its character n-grams with a training text.

    Equal texts are left to LS006. Likeness is the Jaccard coefficient of the sets of character
    n-grams of the normalised text; pairs are found by MinHash [1]_ and then measured exactly, so
    what is reported is certain, while a few per cent just above the limit may be missed.

    Parameters
    ----------
    likeness : float in (0, 1], default 0.8
    size : int >= 1, default 4
        Letters of an n-gram.
    most : int >= 1, default 10,000,000
        Letters looked at on either side; beyond, an even sample of texts, and the message says so.

    References
    ----------
    .. [1] Broder, On the resemblance and containment of documents, SEQUENCES 1997.
    """

    code: ClassVar[str] = "LS010"
    title: ClassVar[str] = "near-duplicate text across splits"
    advice: ClassVar[str] = (
        "Keep texts that differ in a word on one side, or say beside the score how many there are."
    )
    likeness: float = 0.8
    size: int = 4
    most: int = 10_000_000

    def __post_init__(self) -> None:
        if not 0 < self.likeness <= 1:
            raise InputError(f"likeness must lie in (0, 1], got {self.likeness}")
        if self.size < 1 or self.most < 1:
            raise InputError(f"size and most must be at least 1, got {self.size} and {self.most}")

    def look(self, view: View) -> Finding:
        if len(view.parts) < 2 or not view.dataset.schema.text:
            return self.skipped("needs a text column and a split")
        train, rest = view.train_and_rest()
        seen = view.text[train].unique(maintain_order=True)
        fresh = pl.DataFrame({"position": rest, "text": view.text[rest]}).filter(
            ~pl.col("text").is_in(seen.implode()), pl.col("text") != ""
        )
        asked = fresh["text"].unique(maintain_order=True)
        everything = len(seen) + len(asked)
        seen, asked = _thin(seen, self.most), _thin(asked, self.most)
        looked = len(seen) + len(asked)
        limits = f"; {looked:,} of {everything:,} texts compared" if looked < everything else ""
        near = nearly_equal(asked.to_list(), seen.to_list(), self.likeness, self.size)
        hits = asked.filter(pl.Series(near, dtype=pl.Boolean))
        rows = np.unique(fresh.filter(pl.col("text").is_in(hits.implode()))["position"].to_numpy())
        if len(rows) == 0:
            return self.passed(f"no text outside {view.first_part!r} is nearly one inside{limits}")
        message = (
            f"{len(rows):,} of {len(rest):,} rows outside {view.first_part!r} have a text "
            f"at least {self.likeness:.0%} like one inside{limits}"
        )
        return self.found(message, count=len(rows), rows=rows)


def _thin(texts: pl.Series, most: int) -> pl.Series:
    """Texts of about this many letters together, evenly spaced."""
    letters = int(texts.str.len_chars().sum())
    if letters <= most:
        return texts
    kept = max(len(texts) * most // letters, 1)
    return texts[np.linspace(0, len(texts) - 1, kept).astype(np.int64)]
