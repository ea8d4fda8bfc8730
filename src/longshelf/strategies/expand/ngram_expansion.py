"""New texts by word n-grams of the class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.errors import InputError, NotApplicable
from longshelf.generators.word_chains import WordChain
from longshelf.strategies.base import Strategy, floor_counts
from longshelf.tables import Rows, Targets, join

__all__ = ["NgramExpansion"]

TRIES = 20


@dataclass(frozen=True, kw_only=True)
class NgramExpansion(Strategy):
    """Write new texts for rare targets, word by word, from the words of their own rows.

    Histories of up to ``order`` words are looked up among the texts of the target, then shorter
    ones, by Witten and Bell's back-off [1]_; last, now and then, among all texts. The cheap rival every
    language model must beat. A text that stands in the training part already is drawn again, and
    given up after 20 tries, so a target may stay below its floor. Other columns are those of a
    random row of the target.

    Parameters
    ----------
    to : int or "balance", default 100
        Rows every present target should have; ``balance`` is the largest count.
    order : int >= 1, default 2
        Longest history, in words; in characters for Chinese.
    borrow : float in [0, 1], default 0.1
        Where no history decides: probability of a word from all texts instead of the target's.
    column : str or None, default None
        The text to write; None takes the text column with the longest texts.

    Raises
    ------
    NotApplicable
        If rows have no text, or several targets each.

    References
    ----------
    .. [1] Witten and Bell, The Zero-Frequency Problem, IEEE Transactions on Information Theory
       1991, method C.

    Examples
    --------
    >>> NgramExpansion(order=3).hooks
    frozenset({'expand'})
    """

    to: int | Literal["balance"] = 100
    order: int = 2
    borrow: float = 0.1
    column: str | None = None

    def __post_init__(self) -> None:
        if self.to != "balance" and not (isinstance(self.to, int) and self.to > 0):
            raise InputError(
                f"NgramExpansion's `to` is a positive count or balance, got {self.to!r}"
            )
        if self.order < 1:
            raise InputError(f"NgramExpansion's order must be at least 1, got {self.order}")
        if not 0 <= self.borrow <= 1:
            raise InputError(f"NgramExpansion's borrow must be in [0, 1], got {self.borrow}")

    def expand(self, rows: Rows, targets: Targets, rng: np.random.Generator) -> Rows:
        if sp.issparse(rows.code):
            raise NotApplicable("NgramExpansion needs one target per row; these rows have several")
        column = self._column(rows)
        texts = rows.inputs[column].fill_null("").to_list()
        counts = targets.count(rows.code)
        wider = WordChain(texts, self.order)
        known = set(texts)
        sources, written = [], []
        for c, goal in floor_counts(counts, self.to).items():
            own = np.flatnonzero(rows.code == c)
            missing = goal - len(own)
            if missing <= 0:
                continue
            chain = WordChain((texts[i] for i in own), self.order, wider, self.borrow)
            made = _fresh(chain, missing, known, rng)
            sources.extend(rng.choice(own, len(made)).tolist())
            written.extend(made)
        if not written:
            return rows
        return join(rows, _rows(rows, np.array(sources), column, written))

    def _column(self, rows: Rows) -> str:
        text = rows.inputs.select(pl.selectors.string()).columns
        if self.column is not None:
            if self.column not in text:
                raise InputError(
                    f"no text column {self.column!r} to write; there is: {', '.join(text) or 'none'}"
                )
            return self.column
        if not text:
            raise NotApplicable("NgramExpansion writes text and these rows have no text column")
        lengths = rows.inputs.select(pl.col(text).str.len_chars().mean().fill_null(0)).row(0)
        return text[int(np.argmax(lengths))]


def _fresh(chain: WordChain, missing: int, known: set[str], rng: np.random.Generator) -> list[str]:
    """Texts that nobody wrote yet; ``known`` grows."""
    made: list[str] = []
    for _ in range(missing):
        for _ in range(TRIES):
            text = chain.write(rng)
            if text and text not in known:
                known.add(text)
                made.append(text)
                break
    return made


def _rows(rows: Rows, sources: np.ndarray, column: str, written: list[str]) -> Rows:
    copied = rows.take(sources)
    n = len(sources)
    return replace(
        copied,
        id=np.full(n, -1),
        inputs=copied.inputs.with_columns(pl.Series(column, written, dtype=pl.String)),
        groups=rows.groups.clear(n),
        origin=np.full(n, "ngram"),
    )
