"""The parity gate: a smaller model ships only if head, torso and tail are served as before.

Both models answer the same test rows. In every slice, and on all rows, the loss is the paired
difference of the cell's primary metric, the full model's minus the smaller one's, with a standard
error from the paired influences of the sampled units [1]_. The verdict on a slice is

- **thin** where it has too few rows: one row that turned would be enough to be unsure. Refused:
  what cannot be judged is not shipped.
- **lost** where the loss is above three margins, or above the margin and beyond chance: its
  one-sided 99% lower bound is above 0. Refused, however good the average is.
- **unsure** where the one-sided 95% upper bound of the loss is above three margins: so many answers
  changed that a loss of that size cannot be excluded. Refused.
- **chance** where the loss is above the margin, and none of the above. It passes.
- **within** where it is at most the margin. It passes.

A model as good as the full one changes few answers, as often for the better as for the worse: its
true loss is 0 in four comparisons, each at 1%, so it passes at least 96 of 100 test sets. A loss
above three margins on the rows at hand never passes, nor one that three margins would hide.

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

__all__ = ["CAP", "Compared", "OutOfMargin", "check_par", "compare"]

Z_LOW, Z_HIGH = 2.326, 1.645
"""Standard errors of a one-sided 99% lower and 95% upper bound."""

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
    low, high : float
        One-sided 99% lower and 95% upper bound of the loss.
    verdict : {"within", "chance", "unsure", "lost", "thin"}
    """

    slice: str
    support: int
    full: float
    small: float
    loss: float
    low: float
    high: float
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
        error = _error(full.units, small.units, f"{decision}|{metric}|{name}")
        low, high = loss - Z_LOW * error, loss + Z_HIGH * error
        verdict = _verdict(loss, low, high, support, margin)
        found.append(Compared(name, support, before, after, loss, low, high, verdict))
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


def _verdict(loss: float, low: float, high: float, support: int, margin: float) -> str:
    if support < _least(margin):
        return "thin"
    if loss > CAP * margin or (loss > margin and low > 0):
        return "lost"
    if high > CAP * margin:
        return "unsure"
    return "within" if loss <= margin else "chance"


def _least(margin: float) -> float:
    """Rows of a slice in which a single one that turned leaves the upper bound under the cap."""
    return (1 + Z_HIGH) / (CAP * margin)


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
            f"{one.slice} has {one.support} test rows, and a margin of {margin:g} needs "
            f"{int(np.ceil(_least(margin)))}: too thin to be judged"
        )
    moved = f"{one.loss:.4f} of {metric}, {one.full:.4f} to {one.small:.4f}"
    if one.verdict == "unsure":
        return (
            f"{one.slice} changes so many answers that a loss up to {one.high:.4f} cannot be "
            f"excluded (it loses {moved}; margin {margin:g})"
        )
    return f"{one.slice} loses {moved} (margin {margin:g})"
