"""The parity gate: a smaller model ships only if head, torso and tail are served as before.

Both models answer the same test rows. In every slice, and on all rows, the loss is the paired
difference of the cell's primary metric, the full model's minus the smaller one's.

- **within**: the loss is at most the margin. It passes.
- **chance**: the loss is above the margin, at most three margins, and its one-sided 99% lower
  bound is not above 0: the rows that changed for the worse do not outnumber those that changed
  for the better by more than luck. It passes.
- **lost**: anything else. The model is refused, however good the average is.
- **thin**: a single row of the slice weighs more than three margins, so no loss of this size could
  be told from none. The model is refused: what cannot be judged is not shipped.

The bound is ``loss - z * se`` with the standard error of the paired influences of the sampled
units [1]_. A model that is as good as the full one has a true loss of 0 in four comparisons at
1% each, so it passes at least 96 of 100 test sets, as long as one row is lighter than the margin;
a loss above three margins on the rows at hand never passes.

References
----------
.. [1] van der Vaart, Asymptotic Statistics, 1998, section 20.2: influence functions and the delta
   method; the influences are those of :class:`~longshelf.metrics.measured.Measured`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.metrics.directions import smaller_is_better
from longshelf.metrics.measured import Measured

__all__ = ["CAP", "Compared", "OutOfMargin", "Z", "check_par", "compare"]

Z = 2.326
"""Standard errors of a one-sided 99% bound."""

CAP = 3
"""Margins a loss may never pass, chance or not."""

SLICES = ("all", "head", "torso", "tail")


class OutOfMargin(InputError):
    """A compressed model that lost too much on some slice."""


@dataclass(frozen=True)
class Compared:
    """One slice under both models.

    Parameters
    ----------
    slice : {"all", "head", "torso", "tail"}
    support : int
        Test rows, or lists, of the slice.
    full, small : float
        The metric of the full model and of the smaller one.
    loss : float
        What the smaller one lost; below 0 it gained.
    bound : float
        One-sided 99% lower bound of the loss.
    verdict : {"within", "chance", "lost", "thin"}
    """

    slice: str
    support: int
    full: float
    small: float
    loss: float
    bound: float
    verdict: str

    @property
    def passes(self) -> bool:
        """Whether this slice lets the model through."""
        return self.verdict in ("within", "chance")


def compare(
    full: Measured, small: Measured, *, metric: str, decision: str, margin: float = 0.01
) -> list[Compared]:
    """Compare two models by slice.

    Parameters
    ----------
    full, small : Measured
        The same test rows under both.
    metric : str
        The primary metric of both.
    decision : str
        Such as ``argmax``.
    margin : float > 0, default 0.01
        Loss that counts as none, in units of the metric.

    Raises
    ------
    InputError
        If the margin is not positive, or the rows are not the same.
    """
    if margin <= 0:
        raise InputError(f"the margin must be above 0, got {margin}")
    if not full.units["id"].equals(small.units["id"]):
        raise InputError("parity is a paired comparison: both models must answer the same rows")
    told = [_values(measured, metric, decision) for measured in (full, small)]
    sign = -1 if smaller_is_better(metric) else 1
    found = []
    for name in SLICES:
        if name not in told[0] or name not in told[1]:
            continue
        (before, support), (after, _) = told[0][name], told[1][name]
        loss = sign * (before - after)
        bound = loss - Z * _error(full.units, small.units, f"{decision}|{metric}|{name}")
        verdict = _verdict(loss, bound, support, margin)
        found.append(Compared(name, support, before, after, loss, bound, verdict))
    return found


def _values(measured: Measured, metric: str, decision: str) -> Mapping[str, tuple[float, int]]:
    chosen = measured.values.filter(
        pl.col("metric") == metric, pl.col("decision") == decision,
        pl.col("slice_axis").is_in(["all", "target"]), pl.col("value").is_not_null(),
    )  # fmt: skip
    return {
        name: (float(value), int(support))
        for name, value, support in chosen.select("slice", "value", "support").iter_rows()
    }


def _error(full: pl.DataFrame, small: pl.DataFrame, column: str) -> float:
    """Standard error of the paired difference over the sampled units."""
    change = full[column].to_numpy().astype(float) - small[column].to_numpy().astype(float)
    units = np.unique(full["unit" if "unit" in full.columns else "id"], return_inverse=True)[1]
    sums = np.bincount(units, weights=change) / len(change)
    count = max(len(sums), 2)
    return float(np.sqrt(count / (count - 1) * (sums**2).sum()))


def _verdict(loss: float, bound: float, support: int, margin: float) -> str:
    if support * CAP * margin < 1:
        return "thin"
    if loss <= margin:
        return "within"
    return "chance" if loss <= CAP * margin and bound <= 0 else "lost"


def check_par(found: Sequence[Compared], metric: str, margin: float) -> list[dict[str, Any]]:
    """The figures of a model that passed, for its card.

    Raises
    ------
    OutOfMargin
        If a slice lost too much, or is too thin to be judged.
    """
    wrong = [_told(one, metric, margin) for one in found if not one.passes]
    if wrong or not found:
        raise OutOfMargin(
            "the compressed model does not ship: "
            + ("; ".join(wrong) or f"{metric} has no value on the test rows")
            + ". Compress less, or state another --margin"
        )
    return [asdict(one) for one in found]


def _told(one: Compared, metric: str, margin: float) -> str:
    if one.verdict == "thin":
        return (
            f"{one.slice} has {one.support} test rows, of which a single one weighs more than "
            f"{CAP} margins of {margin:g}: too thin to be judged"
        )
    return (
        f"{one.slice} loses {one.loss:.4f} of {metric}, {one.full:.4f} to {one.small:.4f} "
        f"(at least {max(one.bound, 0):.4f} beyond chance; margin {margin:g})"
    )
