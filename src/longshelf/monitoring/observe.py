"""One look at the events table: everything the monitor knows, as tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.monitoring.alerts import Alerts
from longshelf.monitoring.drift import popularity
from longshelf.monitoring.estimated import (
    Estimated,
    checked_estimate,
    expected_balanced_accuracy,
)
from longshelf.monitoring.label_shift import black_box_shift, expected_prior
from longshelf.monitoring.labels import judge, labelled
from longshelf.monitoring.running import Running
from longshelf.monitoring.signals import RULES, Inputs, signals
from longshelf.monitoring.windows import SLICES, known_items, tally
from longshelf.trials.said import Said

__all__ = ["Observation", "look", "observe"]


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What one look found.

    Parameters
    ----------
    latest : float
        Time of the last event, seconds UTC.
    seconds : float
        Length of a window.
    reference : tuple of float
        Starts of the windows everything is held against.
    windows, judged, drift, items, prior, signals : polars.DataFrame
        Counts by part; scores beside clicks; inputs and items beside the reference; class shares;
        and what the alerts watched.
    estimated : tuple of Estimated
        Quality of the windows whose labels are still to come.
    alerts : Alerts
        Where they stand.
    notes : tuple of Said
        What was left out and why.
    """

    latest: float
    seconds: float
    reference: tuple[float, ...]
    windows: pl.DataFrame
    judged: pl.DataFrame
    drift: pl.DataFrame
    items: pl.DataFrame
    prior: pl.DataFrame
    signals: pl.DataFrame
    estimated: tuple[Estimated, ...]
    alerts: Alerts
    notes: tuple[Said, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain lists and numbers; NaN and infinity become null."""
        frames = ("windows", "judged", "drift", "items", "prior", "signals")
        alarms = {name: asdict(alarm) for name, alarm in self.alerts.alarms.items()}
        return {
            "latest": self.latest,
            "seconds": self.seconds,
            "reference": list(self.reference),
            **{
                name: [_plain(row) for row in getattr(self, name).rows(named=True)]
                for name in frames
            },
            "estimated": [_plain(asdict(one)) for one in self.estimated],
            "alerts": {"raised": list(self.alerts.raised), "alarms": alarms},
            "notes": list(self.notes),
        }

    def to_json(self) -> str:
        """The same as one document."""
        return json.dumps(self.as_dict(), ensure_ascii=False, indent=2, allow_nan=False)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in row.items()}


def observe(
    events: pl.DataFrame,
    *,
    catalogue: pl.DataFrame | None = None,
    seconds: float = 3600.0,
    reference: int = 24,
    wait: float = 1800.0,
    alerts: Alerts | None = None,
    now: float | None = None,
) -> Observation:
    """Look at the events once.

    Parameters
    ----------
    events : polars.DataFrame
        The table the service writes.
    catalogue : polars.DataFrame, optional
        ``item``, ``slice``, and for drift ``category``, ``price``, ``title``; an artifact's
        ``catalogue.parquet``. Without it coverage and Gini are over the items ever shown.
    seconds : float, default 3600
        Length of a window.
    reference : int, default 24
        The first so many closed windows are what later ones are held against.
    wait : float, default 1800
        Seconds after a window's end until its clicks are taken to be complete.
    alerts : Alerts, optional
        Where the last look left them.
    now : float, optional
        Seconds UTC; by default the time of the last event.

    Raises
    ------
    InputError
        No exposures, or an argument out of bounds.
    """
    running = Running(seconds, reference).fold(events)
    return look(running, catalogue=catalogue, wait=wait, alerts=alerts, now=now)


def look(
    running: Running,
    *,
    catalogue: pl.DataFrame | None = None,
    wait: float = 1800.0,
    alerts: Alerts | None = None,
    now: float | None = None,
) -> Observation:
    """Look at what was folded in so far; parameters and errors as of :func:`observe`.

    Parameters
    ----------
    running : Running
        Which also says the length of a window and how many are the reference.
    catalogue, wait, alerts, now
        As of :func:`observe`.
    """
    seconds, reference = running.seconds, running.reference
    if reference < 1 or wait < 0:
        raise InputError(
            f"wants 1 reference window or more and a wait of 0 or more, got {reference} and {wait}"
        )
    if not running.answers.height:
        raise InputError(
            "the events hold no exposure yet; start the service and let somebody visit"
        )
    latest, starts = running.latest if now is None else now, running.starts
    notes: list[Said] = []
    if running.left_out:
        notes.append(
            Said(
                f"{running.left_out:,} older windows are left out",
                f"较早的 {running.left_out:,} 个窗口未计入",
            )
        )
    closed = [start for start in starts if start + seconds + wait <= latest]
    base, later = closed[:reference], closed[reference:]
    if not later:
        notes.append(
            Said(
                f"{len(closed)} windows closed so far; drift and alerts begin after {reference} for "
                "reference",
                f"目前有 {len(closed)} 个窗口已结束；参考期的 {reference} 个窗口之后才有漂移和告警",
            )
        )
    told = _Look(running, catalogue, base, alerts or Alerts(rules=RULES))
    told.walk(later)
    judged, estimated, prior = told.quality(closed, [s for s in starts if s not in closed])
    items = known_items(running.goods, catalogue)
    return Observation(
        latest=latest, seconds=seconds, reference=tuple(base),
        windows=tally(running.people, running.goods, items),
        judged=judged, drift=_frame(told.drift, DRIFT), items=_frame(told.items, ITEMS), prior=prior,
        signals=_frame(told.signals, SIGNALS), estimated=estimated, alerts=told.alerts,
        notes=(*notes, *told.notes),
    )  # fmt: skip


DRIFT = {
    "window": pl.Float64,
    "input": pl.String,
    "psi": pl.Float64,
    "p": pl.Float64,
    "rows": pl.Int64,
}
ITEMS = {"window": pl.Float64, "rank_correlation": pl.Float64, "new_share": pl.Float64}
SIGNALS = {"window": pl.Float64, "signal": pl.String, "value": pl.Float64}
JUDGED = {
    "window": pl.Float64, "part": pl.String, "rows": pl.Int64, "clicks": pl.Int64,
    "balanced_accuracy": pl.Float64, "se": pl.Float64, "calibration": pl.Float64,
    "promised": pl.Float64,
}  # fmt: skip
PRIOR = {"of": pl.String, "name": pl.String, "reference": pl.Float64, "now": pl.Float64}


def _frame(rows: Sequence[tuple[Any, ...]], schema: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=dict(schema), orient="row")


class _Look:
    """What is gathered while the windows are walked through."""

    def __init__(
        self,
        running: Running,
        catalogue: pl.DataFrame | None,
        base: Sequence[float],
        alerts: Alerts,
    ) -> None:
        self.running, self.catalogue, self.base, self.alerts = running, catalogue, base, alerts
        self.before = running.part(list(base))
        self.rows = running.scores
        score = self.rows["score"]
        self.probabilities = bool(len(score) and score.min() >= 0 and score.max() <= 1)  # type: ignore[operator]
        self.drift: list[tuple[Any, ...]] = []
        self.items: list[tuple[Any, ...]] = []
        self.signals: list[tuple[Any, ...]] = []
        self.notes: list[Said] = []
        if len(score) and not self.probabilities:
            self.notes.append(
                Said(
                    "scores are not probabilities: no calibration, no estimated quality",
                    "打分不是概率：没有校准，也没有质量估计",
                )
            )
        if catalogue is None:
            self.notes.append(
                Said(
                    "no catalogue given: no drift of inputs; coverage over items ever shown",
                    "没有给出商品目录：没有输入漂移；覆盖率以曾经展示的商品为准",
                )
            )

    def walk(self, later: Sequence[float]) -> None:
        """Hold every closed window against the reference, and let the alerts take it in."""
        inputs = Inputs(catalogue=self.catalogue, before=self.before)
        for start in later:
            part = self.running.part([start])
            found = inputs.drifts(part)
            for name, drift in found.items():
                self.drift.append((start, name, drift.psi, drift.p, drift.rows))
            if len(part.shown):
                self.items.append((start, *popularity(self.before.shown, part.shown)))
            arms, shares = (
                one.filter(pl.col("window") <= start)
                for one in (self.running.arms, self.running.shares)
            )
            seen = signals(part, self.before, found, self.probabilities, arms, shares)
            self.signals += [(start, name, value) for name, value in seen.items()]
            self.alerts = self.alerts.after(start, seen)

    def quality(
        self, closed: Sequence[float], still_open: Sequence[float]
    ) -> tuple[pl.DataFrame, tuple[Estimated, ...], pl.DataFrame]:
        """Scores beside clicks where those came; the estimate where they did not; class shares."""
        base = self.rows.filter(pl.col("window").is_in(list(self.base)))
        rate = _rate(base)
        judged: list[tuple[Any, ...]] = []
        guesses: list[float] = []
        for start in closed:
            part = self.rows.filter(pl.col("window") == start)
            for name in ("all", *SLICES):
                rows = part if name == "all" else part.filter(pl.col("slice") == name)
                if rows.height:
                    found = judge(*labelled(rows), rate)
                    judged.append((start, name, *asdict(found).values()))
            if part.height and self.probabilities:
                guesses.append(expected_balanced_accuracy(labelled(part)[0], rate))
        table = _frame(judged, JUDGED)
        fresh = self.rows.filter(pl.col("window").is_in(list(still_open)))
        estimated: tuple[Estimated, ...] = ()
        if fresh.height and self.probabilities:
            whole = table.filter(pl.col("part") == "all")
            estimated = (
                checked_estimate(
                    Said("balanced accuracy (CBPE)", "平衡准确率（CBPE）"),
                    guesses,
                    whole["balanced_accuracy"].to_list(),
                    whole["se"].to_list(),
                    expected_balanced_accuracy(labelled(fresh)[0], rate),
                ),
            )
        return table, estimated, self._prior(base, rate, closed)

    def _prior(self, base: pl.DataFrame, rate: float, closed: Sequence[float]) -> pl.DataFrame:
        """Click rate measured and as predictions imply it, and categories of clicks, last windows."""
        last = list(closed[len(self.base) :])[-len(self.base) :]
        rows: list[tuple[str, str, float, float]] = []
        recent = self.rows.filter(pl.col("window").is_in(last))
        if recent.height and base.height and 0 < rate < 1:
            rows.append(("click rate", "measured", rate, _rate(recent)))
            (score, _), (old, clicked) = labelled(recent), labelled(base)
            if self.probabilities:
                trained = np.array([1 - old.mean(), old.mean()])
                implied = expected_prior(np.stack([1 - score, score], axis=1), trained)[1]
                rows.append(
                    ("click rate", "implied by scores (EM)", float(old.mean()), float(implied))
                )
            truth = clicked.astype(np.int64)
            said = [(part >= rate).astype(np.int64) for part in (old, score)]
            implied = black_box_shift(truth, said[0], said[1], 2)[1]
            rows.append(("click rate", "implied by decisions (BBSE)", rate, float(implied)))
        if self.catalogue is not None and "category" in self.catalogue.columns and recent.height:
            clicks = [self._categories(starts) for starts in (self.base, last)]
            both = clicks[0].join(
                clicks[1], on="category", how="full", coalesce=True, suffix=" now"
            )
            both = both.fill_null(0.0).sort("proportion", "category", descending=[True, False])
            rows += [("clicks by category", *line) for line in both.head(10).rows()]
        return _frame(rows, PRIOR)

    def _categories(self, starts: Sequence[float]) -> pl.DataFrame:
        """Share of each category of the clicks in some windows."""
        assert self.catalogue is not None
        goods = self.running.part(list(starts)).goods.filter(pl.col("clicked") > 0)
        found = goods.join(self.catalogue.select("item", "category"), on="item")
        count = pl.col("clicked").sum()
        shares = found.group_by("category").agg(proportion=count.cast(pl.Float64))
        return shares.with_columns(pl.col("proportion") / pl.col("proportion").sum())


def _rate(scores: pl.DataFrame) -> float:
    """Clicks over exposures; 0 of nothing."""
    rows = int(scores["rows"].sum())
    return int(scores["clicks"].sum()) / rows if rows else 0.0
