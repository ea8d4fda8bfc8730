"""The verdict in plain words: what each comparison allows one to say, and no more.

Sentences are built from ``comparisons`` alone (``cells`` adds the seconds). Whether an arm is
better is never decided here: the marks + − ~ ? of the statistics are only put into words.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from longshelf.report.directions import lower_is_better
from longshelf.report.wording import (
    Joined,
    Name,
    Number,
    Part,
    Phrase,
    baseline_name,
    clip,
    decimals,
    duration,
    fixed,
    label,
    pair,
)  # fmt: skip

__all__ = ["BLOCK", "Effect", "Verdict", "verdicts"]

BLOCK = ("dataset", "task", "features", "model")
DECISIONS = ("argmax", "score", "raw", "tuned", "corrected")
TOLD = ("+", "−", "-")
"""Marks that tell a remedy from the baseline."""

SLICES = (
    ("all", "all"), ("target", "head"), ("target", "torso"), ("target", "tail"), ("target", "few"),
)  # fmt: skip
Row = Mapping[str, Any]
Tone = Literal["win", "caution", "tie", "loss", "figures"]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One arm against the baseline on one slice, turned so that above 0 is always better."""

    slice: str
    difference: float
    low: float | None
    high: float | None
    mark: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What can be said of one dataset × task × features × model.

    Parameters
    ----------
    block : mapping
        The four names that say where.
    tone : {"win", "caution", "tie", "loss", "figures"}
        For the colour beside the sentence: ``caution`` is a win below a trivial rival,
        ``figures`` means too few seeds.
    headline : Part
        The sentence in large type.
    details : sequence of Part
        Further sentences, in order of weight.
    arm : str or None
        The remedy the headline is about.
    effects : sequence of Effect
        That remedy on all, head, torso and tail.
    value : float or None
        Its mean value over all classes, for choosing which block leads.
    """

    block: Mapping[str, str]
    tone: Tone
    headline: Part
    details: Sequence[Part]
    arm: str | None
    effects: Sequence[Effect]
    value: float | None


def verdicts(
    comparisons: pl.DataFrame,
    cells: pl.DataFrame,
    primary: str,
    *,
    lower: frozenset[str] | None = None,
) -> list[Verdict]:
    """Judge every block of the primary metric, the best block of each dataset first.

    Parameters
    ----------
    comparisons, cells : DataFrame
        As in ``Results``.
    primary : str
        The metric the verdict is about.
    lower : frozenset of str or None, default None
        Metrics where less is better; None knows the usual ones and learns from the marks.
    """
    if comparisons.is_empty():
        return []
    rows = comparisons.filter(
        (pl.col("metric") == primary) & (pl.col("strategy") != pl.col("baseline"))
    )
    if rows.is_empty():
        return []
    turn = -1.0 if primary in (lower or lower_is_better(comparisons)) else 1.0
    seconds = _seconds(cells)
    judged = []
    for block, part in rows.group_by(BLOCK, maintain_order=True):
        decision = min(part["decision"].unique().to_list(), key=_decision_order)
        chosen = part.filter(pl.col("decision") == decision).to_dicts()
        if not any(r["slice"] in {"all", "tail"} for r in chosen):
            continue
        names = dict(zip(BLOCK, map(str, block), strict=True))
        judged.append(_Judge(names, chosen, primary, turn, seconds).verdict())
    order = {name: i for i, name in enumerate(rows["dataset"].unique(maintain_order=True))}
    return sorted(judged, key=lambda v: (order[v.block["dataset"]], v.block["task"], -_value(v)))


def _value(verdict: Verdict) -> float:
    return -math.inf if verdict.value is None else verdict.value


def _decision_order(decision: str) -> int:
    return DECISIONS.index(decision) if decision in DECISIONS else len(DECISIONS)


def _seconds(cells: pl.DataFrame) -> dict[tuple[str, ...], float]:
    done = cells.filter((pl.col("status") == "done") & pl.col("seconds").is_not_null())
    means = done.group_by([*BLOCK, "strategy"]).agg(pl.col("seconds").mean())
    return {tuple(map(str, row[:-1])): row[-1] for row in means.iter_rows()}


class _Judge:
    """Puts one block's comparisons into sentences."""

    def __init__(
        self,
        block: Mapping[str, str],
        rows: Sequence[Row],
        metric: str,
        turn: float,
        seconds: Mapping[tuple[str, ...], float],
    ) -> None:
        self.block, self.metric, self.turn, self.seconds = block, metric, turn, seconds
        self.by_slice = {
            name: [r for r in rows if (r["slice_axis"], r["slice"]) == (axis, name)]
            for axis, name in SLICES
        }
        self.where = "tail" if self.by_slice["tail"] else "all"
        self.baseline_id = str(rows[0]["baseline"])
        self.baseline = baseline_name(self.baseline_id)
        self.planned = self.by_slice["all"]

    def verdict(self) -> Verdict:
        rows = self.by_slice[self.where]
        wins = _marked(rows, "+")
        best: Row | None
        if wins:
            best = first = self._best(wins)
            tone: Tone = "win" if self._rival(first) is None else "caution"
            headline, details = self._win(first), self._after_win(first, rows)
        else:
            best = max(rows, key=self._gain) if rows else None
            tone, headline, details = self._without_win(rows, best)
        losses = [self._lose(name) for name in ("all", "tail", "head")]
        many = self._many_below()
        return Verdict(
            block=self.block,
            tone=tone,
            headline=headline,
            details=[part for part in (*details, *losses, many) if part is not None],
            arm=None if best is None else str(best["strategy"]),
            effects=[] if best is None else self._effects(str(best["strategy"])),
            value=self._level(best),
        )

    def _gain(self, row: Row) -> float:
        difference = row["difference"]
        known = difference is not None and math.isfinite(difference)
        return self.turn * difference if known else -math.inf

    def _best(self, wins: Sequence[Row]) -> Row:
        return min(wins, key=lambda r: (r["rank"] or 1, -self._gain(r)))

    def _level(self, best: Row | None) -> float | None:
        found = None if best is None else self._find("all", best["strategy"]) or best
        return None if found is None or found["value"] is None else self.turn * found["value"]

    def _find(self, name: str, strategy: object) -> Row | None:
        return next((r for r in self.by_slice[name] if r["strategy"] == strategy), None)

    def _numbers(self, row: Row, *, signed: bool) -> dict[str, Part]:
        difference, low, high = self._turned(row)
        places = decimals([difference, high, low])
        shown = fixed(difference if signed else abs(difference), places, signed=signed)
        if not signed and difference < 0 and low is not None and high is not None:
            low, high = -high, -low
        return {"difference": Number(shown), "interval": Number(pair(low, high, places))}

    def _turned(self, row: Row) -> tuple[float, float | None, float | None]:
        low, high = row["low"], row["high"]
        if self.turn < 0:
            low, high = (None if high is None else -high), (None if low is None else -low)
        return self._gain(row), low, high

    def _effects(self, strategy: str) -> list[Effect]:
        found = [(name, self._find(name, strategy)) for name in self.by_slice]
        effects = []
        for name, row in found:
            if row is not None and row["difference"] is not None:
                difference, low, high = self._turned(row)
                mark = str(row["verdict"])
                effects.append(
                    Effect(slice=name, difference=difference, low=low, high=high, mark=mark)
                )
        return effects

    def _fields(self, row: Row, *, signed: bool = False) -> dict[str, Part]:
        return {
            "where": Phrase(f"where.{self.where}"),
            "arm": Name(clip(row["strategy"])),
            "baseline": self.baseline,
            "metric": label("metric", self.metric),
            **self._numbers(row, signed=signed),
        }

    def _win(self, best: Row) -> Part:
        win = Phrase("verdict.win", self._fields(best))
        head = self._head(best["strategy"]) if self.where == "tail" else None
        time = self._time(best["strategy"], shares=_names_the_arm(head))
        costs = [part for part in (head, time) if part is not None]
        clauses: list[Part] = [win]
        if costs:
            clauses.append(Joined(costs, last="clause.and"))
        return Joined([Joined(clauses, last="clause.semicolon"), ""], last="clause.stop")

    def _head(self, strategy: object) -> Phrase | None:
        row = self._find("head", strategy)
        if row is None or row["difference"] is None:
            return None
        kind = {"+": "gain", "−": "loss", "-": "loss", "~": "same"}.get(row["verdict"], "unsure")
        signed = kind in {"same", "unsure"}
        return Phrase(f"verdict.head_{kind}", self._numbers(row, signed=signed))

    def _time(self, strategy: object, *, shares: bool) -> Phrase | None:
        place = tuple(self.block[name] for name in BLOCK)
        arm = self.seconds.get((*place, str(strategy)))
        plain = self.seconds.get((*place, self.baseline_id))
        if arm is None or plain is None:
            return None
        extra = arm - plain
        if abs(extra) < max(0.05, 0.05 * plain):
            return Phrase("verdict.as_fast_too" if shares else "verdict.as_fast")
        too = "_too" if shares else ""
        fields: dict[str, Part] = {"seconds": duration(abs(extra))}
        return Phrase(f"verdict.{'faster' if extra < 0 else 'slower'}{too}", fields)

    def _after_win(self, best: Row, rows: Sequence[Row]) -> list[Part | None]:
        said: list[Part | None] = [self._rival(best)]
        if best["rank"] == 1:
            ties = [r for r in _marked(rows, "+") if r["rank"] == 1 and r is not best]
            ties.sort(key=self._gain, reverse=True)
            if ties:
                said.append(Phrase("verdict.tied", {"arms": _names(ties)}))
        if self.where == "tail":
            said.append(self._overall())
        return said

    def _overall(self) -> Phrase | None:
        if not self.planned:
            return None
        wins = _marked(self.planned, "+")
        if wins:
            return Phrase("verdict.overall_win", self._fields(self._best(wins)))
        if all(r["verdict"] == "?" for r in self.planned):
            return None
        return Phrase("verdict.overall_none", {"baseline": self.baseline})

    def _without_win(
        self, rows: Sequence[Row], best: Row | None
    ) -> tuple[Tone, Part, list[Part | None]]:
        fields: dict[str, Part] = {
            "where": Phrase(f"where.{self.where}"),
            "baseline": self.baseline,
        }
        if best is not None and all(r["verdict"] == "?" for r in rows):
            key = "verdict.figures_ahead" if self._gain(best) > 0 else "verdict.figures_behind"
            return "figures", Phrase(key, self._fields(best, signed=True)), []
        losses = _marked(rows, "−", "-")
        if losses:
            counts: dict[str, Part] = {
                "n": Number(str(len(losses))),
                "total": Number(str(len(rows))),
            }
            return "loss", Phrase("verdict.none_better", {**fields, **counts}), [self._overall()]
        if self.where == "tail" and self.planned and not _marked(self.planned, *TOLD):
            fields["where"] = Phrase("where.both")
        details: list[Part | None] = [
            self._smallest(rows), self._overall_after_tie(), self._elsewhere(),
        ]  # fmt: skip
        return "tie", Phrase("verdict.none", fields), details

    def _overall_after_tie(self) -> Phrase | None:
        return self._overall() if self.where == "tail" and _marked(self.planned, "+") else None

    def _elsewhere(self) -> Phrase | None:
        """Slices that do tell remedies apart, beside a headline that says none can be told."""
        told = {name: _marked(self.by_slice[name], *TOLD) for name in ("head", "torso", "few")}
        slices = [name for name, rows in told.items() if rows]
        if not slices:
            return None
        differing = {row["strategy"] for rows in told.values() for row in rows}
        compared = {row["strategy"] for name in slices for row in self.by_slice[name]}
        fields: dict[str, Part] = {
            "slices": Joined([label("slice", name) for name in slices]),
            "n": Number(str(len(differing))),
            "total": Number(str(len(compared))),
            "baseline": self.baseline,
        }
        return Phrase("verdict.elsewhere", fields)

    def _smallest(self, rows: Sequence[Row]) -> Phrase | None:
        halves = [
            (r["high"] - r["low"]) / 2
            for r in rows
            if r["low"] is not None
            and r["high"] is not None
            and math.isfinite(r["high"] - r["low"])
        ]
        if not halves:
            return None
        size = statistics.median(halves)
        return Phrase("verdict.smallest", {"size": Number(fixed(size, decimals([size])))})

    def _lose(self, name: str) -> Phrase | None:
        rows = self.by_slice[name]
        losses = _marked(rows, "−", "-")
        if not losses:
            return None
        worst = min(losses, key=self._gain)
        return Phrase(
            "verdict.lose",
            {
                **self._fields(worst, signed=True),
                "where": Phrase(f"where.{name}"),
                "there": Phrase(f"there.{name}"),
                "n": Number(str(len(losses))),
                "total": Number(str(len(rows))),
            },
        )

    def _rival(self, best: Row) -> Phrase | None:
        row = self._find("all", best["strategy"]) or best
        if row["against_rival"] not in {"below", "not above"}:
            return None
        key = f"verdict.{row['against_rival']}".replace(" ", "_")
        return Phrase(key, {"arm": Name(clip(row["strategy"])), "rival": Name(clip(row["rival"]))})

    def _many_below(self) -> Phrase | None:
        below = [r for r in self.planned if r["against_rival"] == "below"]
        if not below:
            return None
        return Phrase(
            "verdict.many_below",
            {
                "n": Number(str(len(below))),
                "total": Number(str(len(self.planned))),
                "rival": Name(clip(below[0]["rival"])),
            },
        )


def _names_the_arm(head: Phrase | None) -> bool:
    return head is not None and head.key in {"verdict.head_loss", "verdict.head_gain"}


def _marked(rows: Sequence[Row], *marks: str) -> list[Row]:
    return [r for r in rows if r["verdict"] in marks and r["difference"] is not None]


def _names(rows: Sequence[Row], most: int = 3) -> Part:
    names: list[Part] = [Name(clip(r["strategy"])) for r in rows[:most]]
    if len(rows) <= most:
        return Joined(names)
    more = Phrase("verdict.and_more", {"n": Number(str(len(rows) - most))})
    return Joined([Joined(names, last="list.comma"), more], last="space")
