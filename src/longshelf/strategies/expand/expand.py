"""New texts for rare targets, by any generator."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.components import build, show
from longshelf.errors import InputError, LongShelfWarning, NotApplicable
from longshelf.generators import Corpus, Eda, Generator
from longshelf.generators.amounts import Amount, amount, missing
from longshelf.generators.editor import Editor, Written, filters_of, name_of
from longshelf.generators.filters import Filter
from longshelf.generators.ledger import current
from longshelf.strategies.base import Strategy
from longshelf.tables import Rows, Targets, join

__all__ = ["Expand"]


@dataclass(frozen=True, kw_only=True)
class Expand(Strategy):
    """Have a generator write new texts for targets, from their own training rows.

    The generator reads the observed training texts and is asked in rounds for what is missing, each
    draft starting from a row of the target drawn at random. Drafts are dropped that are empty, hold
    personal data, or equal a training text or an earlier draft; then those a filter refuses. What
    is still missing is asked for again, and after the last round a target stays short. The other
    columns of a new row are those of the row it started from. Every drop is counted by reason
    beside the cost of the cell. Afterwards, whatever the strategy, a generated row whose text is
    nearly one of valid or test is dropped as well.

    How much of it pays is a question for a suite over amounts, or for :class:`ValidAmount` behind
    it, which keeps as many rows as the validation part rewards.

    Parameters
    ----------
    generator : str or Generator, default "eda"
        What writes, such as ``ngram(order=3)``; see ``longshelf list generators``.
    to : int, multiple or "balance", default 50
        An int is a floor: rows every present target should have. ``"kx"`` adds k generated rows per
        observed row to each target, so ``"2x"`` is observed to generated 1 : 2, and ``"0.5x"`` adds
        half as many rows again. ``balance`` tops up to the largest count.
    column : str or None, default None
        The text to write; None takes the text column with the longest texts. In the task
        ``generate`` it is what the task learns to write.
    filters : tuple of str or Filter, default ()
        What drafts must pass, in this order; see ``longshelf list filters``.
    tries : int >= 1, default 10
        Rounds of asking.

    Raises
    ------
    InputError
        If a name, the amount or the column is unknown.
    NotApplicable
        If rows have no text, or several targets each.

    Notes
    -----
    The amount ``"2x"`` is the ratio of the study this project started from: 100,000 real reviews
    and 200,000 generated ones, without a control. The generator ``duplicate`` is that control.

    Examples
    --------
    >>> from longshelf.components import show
    >>> show(Expand(generator="ngram(order=3)", to="2x", filters=("length",)))
    "Expand(generator=ngram(order=3), to='2x', filters=(length,))"
    """

    nested: ClassVar[Mapping[str, str]] = {"generator": "generator", "filters": "filter"}

    generator: Generator | str = field(default_factory=Eda)
    to: Amount = 50
    column: str | None = None
    filters: tuple[Filter | str, ...] = ()
    tries: int = 10

    def __post_init__(self) -> None:
        given = (self.filters,) if isinstance(self.filters, str | Filter) else self.filters
        object.__setattr__(self, "generator", build("generator", self.generator))
        object.__setattr__(self, "filters", filters_of(given))
        object.__setattr__(self, "to", amount(self.to))
        if self.tries < 1:
            raise InputError(f"Expand's tries must be at least 1, got {self.tries}")

    def expand(self, rows: Rows, targets: Targets, rng: np.random.Generator) -> Rows:
        if sp.issparse(rows.code):
            raise NotApplicable("Expand needs one target per row; these rows have several")
        column = None if rows.y.dtype.kind == "U" else self._column(rows)
        own = rows.observed
        wanted = missing(self.to, targets.count(rows.code), targets.count(own.code))
        if not wanted:
            warnings.warn(
                f"{show(self)} asks for no row: every target present has as many", LongShelfWarning,
                stacklevel=2,
            )  # fmt: skip
            return rows
        rng = rng.spawn(1)[0]
        corpus = Corpus(
            texts=_texts(own, column),
            code=np.asarray(own.code),
            names=targets.names.tolist(),
            inputs=own.inputs if column is None else own.inputs.drop(column),
        )
        generator: Generator = build("generator", self.generator)
        editor = Editor(
            generator, filters_of(self.filters), corpus, rng, _texts(rows, column), self.tries
        )
        written = editor.write(wanted, current(), rng)
        if not written.texts:
            return rows
        return join(rows, _rows(own, written, column, name_of(generator)))

    def _column(self, rows: Rows) -> str:
        text = rows.inputs.select(pl.selectors.string()).columns
        if self.column is not None:
            if self.column not in text:
                raise InputError(
                    f"no text column {self.column!r} to write; there is: {', '.join(text) or 'none'}"
                )
            return self.column
        if not text:
            raise NotApplicable("Expand writes text and these rows have no text column")
        lengths = rows.inputs.select(pl.col(text).str.len_chars().mean().fill_null(0)).row(0)
        return text[int(np.argmax(lengths))]


def _texts(rows: Rows, column: str | None) -> list[str]:
    """The texts of a column, or those that are learned to be written; n strings."""
    if column is None:
        return [str(text) for text in rows.y]
    return rows.inputs[column].fill_null("").to_list()


def _rows(own: Rows, written: Written, column: str | None, name: str) -> Rows:
    """The new rows: copies of those they started from, with another text."""
    copied = own.take(np.array(written.seeds, dtype=np.int64))
    n = len(copied)
    copied = replace(copied, id=np.full(n, -1), groups=own.groups.clear(n), origin=np.full(n, name))
    if column is None:
        return replace(copied, y=np.array(written.texts, dtype=np.str_))
    wrote = pl.Series(column, written.texts, dtype=pl.String)
    return replace(copied, inputs=copied.inputs.with_columns(wrote))
