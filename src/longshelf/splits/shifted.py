"""The same learners, asked about texts written otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl

from longshelf.components import build
from longshelf.errors import InputError, NotApplicable, unknown
from longshelf.splits.base import TEST, Assignment, Split
from longshelf.splits.shifts import Shift, Swaps, drops, order, typos
from longshelf.splits.stratified import Stratified

if TYPE_CHECKING:
    from longshelf.tables import Rows
    from longshelf.tasks.base import Problem

__all__ = ["Shifted"]

PLAIN: dict[str, Shift] = {"drops": drops, "order": order, "typos": typos}
SHIFTS = (*PLAIN, "swaps")


@dataclass(frozen=True, kw_only=True)
class Shifted(Split):
    """Keep the parts of another split, and write its test texts otherwise.

    What is learned is that of the other split at the same seed, to the byte, and is not learned
    again where both stand in one suite; only what the learner is asked about differs. Every column
    of text is changed, row by row:

    - ``typos``: a slip on the keyboard in a share of the words, one at least;
    - ``drops``: a share of the words left out, one at least;
    - ``swaps``: a share of the attribute values a text names, one at least, exchanged for others
      of the same attribute, such as red for blue, unless that would make or break the name of a
      class;
    - ``order``: another shop's habit: the last word, mostly what it is, first, the first, mostly
      the brand, last, and a share of the words between them shuffled.

    Slips are those of Belinkov and Bisk [1]_, and of :class:`ProductNoise`, which here befall
    brands and model numbers too.

    Parameters
    ----------
    of : Split, default stratified
        Whose parts are kept.
    shift : {"typos", "drops", "swaps", "order"}, default "typos"
    share : float in (0, 1], default 0.2
    by : str or tuple of str, default ()
        Columns whose values are swapped; () is every categorical and group column of the data.

    Raises
    ------
    InputError
        If an argument is unknown or out of range, or the other split lets its test part tune.
    NotApplicable
        If the rows have no text, or name no value to swap.

    References
    ----------
    .. [1] Belinkov and Bisk, Synthetic and Natural Noise Both Break Neural Machine Translation,
       ICLR 2018, arXiv:1711.02173, section 3.2.

    Examples
    --------
    >>> Shifted(shift="swaps", by="colour").by
    ('colour',)
    """

    abstract: ClassVar[bool] = False

    of: Split = field(default_factory=Stratified)
    shift: str = "typos"
    share: float = 0.2
    by: str | tuple[str, ...] = ()

    def __post_init__(self) -> None:
        of: Any = self.of
        object.__setattr__(self, "of", build("split", of))
        object.__setattr__(self, "by", (self.by,) if isinstance(self.by, str) else tuple(self.by))
        if self.shift not in SHIFTS:
            raise unknown("shift", self.shift, SHIFTS)
        if not 0 < self.share <= 1:
            raise InputError(f"the share that is shifted must lie in (0, 1], got {self.share}")

    @property
    def given(self) -> bool:
        return self.of.given

    @property
    def redrawn(self) -> bool:
        return self.of.redrawn

    @property
    def seeded(self) -> bool:
        return True

    @property
    def learning(self) -> Split:
        return self.of.learning

    def assign(self, problem: Problem, seed: int) -> Assignment:
        plain = self.of.assign(problem, seed)
        if plain.peeking:
            raise InputError(
                "the split under shifted tunes on its test part; a shifted test set is only worth "
                "something unseen: leave out peeking=True"
            )
        test = problem.rows.take(plain.of(TEST))
        shown = test.inputs if plain.shown is None else plain.shown
        columns = [name for name in problem.dataset.schema.text if name in shown.columns]
        if not columns:
            raise NotApplicable("shifted writes texts otherwise, and these rows have none")
        shift, rng = self._shift(problem, test), np.random.default_rng([seed, 4])
        texts = shown.select(pl.col(columns).cast(pl.String))
        written = texts.select(
            pl.Series(name, self._written(texts[name], shift, rng), pl.String) for name in columns
        )
        other = [pl.Series(name, written[name].ne_missing(texts[name])) for name in columns]
        count = int(pl.DataFrame(other).select(pl.any_horizontal(pl.all())).to_series().sum())
        if self.shift == "swaps" and not count:
            raise NotApplicable(
                "no test text names a value of "
                f"{', '.join(self._columns(problem)) or 'any categorical or group column'}; "
                "name columns by=(…) whose values stand in the texts"
            )
        said = f"{self.shift}: {count:,} of {len(test):,} test texts were written otherwise"
        return replace(plain, shown=shown.with_columns(written), findings=(*plain.findings, said))

    def _written(
        self, texts: pl.Series, shift: Shift, rng: np.random.Generator
    ) -> list[str | None]:
        return [text and shift(text, self.share, rng) for text in texts.to_list()]

    def _columns(self, problem: Problem) -> tuple[str, ...]:
        schema, frame = problem.dataset.schema, problem.dataset.rows
        for name in self.by:
            if name not in frame.columns:
                raise unknown("column", name, frame.columns)
        given = self.by or dict.fromkeys((*schema.categorical, *schema.group))
        return tuple(name for name in given if name not in schema.label)

    def _shift(self, problem: Problem, test: Rows) -> Shift:
        if self.shift != "swaps":
            return PLAIN[self.shift]
        frame = problem.dataset.rows[self._columns(problem)]
        values = {name: frame[name].cast(pl.String).drop_nulls() for name in frame.columns}
        return Swaps.of(values, map(str, problem.targets.names))
