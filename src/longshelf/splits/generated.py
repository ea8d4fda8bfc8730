"""Rows that were generated before the split: what they would leak, and how it is kept out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from longshelf.errors import InputError
from longshelf.generators.provenance import ORIGIN, generated
from longshelf.splits.base import TRAIN, Assignment, Split

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["kept_in_train"]

MEND = (
    "Give the observed rows alone and let the suite expand the training part, with the strategy "
    "Expand(generator=…). Or say which rows are train, valid and test in a column 'split', run "
    "`longshelf expand` on that file, which reads its training rows alone, and use the split published."
)


def kept_in_train(problem: Problem, split: Split, assigned: Assignment) -> Sequence[str]:
    """Refuse parts that hold what was written from the rows of another.

    A generated row says what observed rows say. Drawn anew, such rows and those they were written
    from end on two sides, and the test part measures memory. Only a split that was there before the
    rows were generated keeps them apart, if all of them are in train. A split that exists to show
    what leaks are worth takes them as they come, and says so.

    Parameters
    ----------
    problem : Problem
        Its data may hold generated rows.
    split : Split
        Who assigned.
    assigned : Assignment
        Its parts.

    Returns
    -------
    sequence of str
        Findings, none where no row was generated.

    Raises
    ------
    InputError
        If the parts are drawn, or a generated row is in valid or test.
    """
    frame = problem.dataset.rows
    made = generated(frame)
    if not made.any():
        return ()
    ours = np.flatnonzero(made[problem.rows.id])
    said = frame[ORIGIN][problem.rows.id[ours]].value_counts(sort=True).rows()
    who = f"{len(ours):,} generated rows ({', '.join(f'{name} {n:,}' for name, n in said)})"
    if split.leaky:
        return (f"{who} were drawn into every part: scores are inflated, as this split shows",)
    if not split.given:
        raise InputError(
            f"data set {problem.dataset.name!r} holds {who}, and a split drawn now would put rows in "
            f"test whose variants are in train: its scores would be inflated. {MEND}"
        )
    outside = int((assigned.part[ours] > TRAIN).sum())
    if outside:
        raise InputError(
            f"{outside:,} of the {who} of data set {problem.dataset.name!r} are marked valid or test; "
            f"only observed rows can judge. {MEND}"
        )
    return (f"{who} are in train; slices count observed rows only",)
