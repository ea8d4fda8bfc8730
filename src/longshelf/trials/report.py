"""What a trial's events say: first whether they may be believed, then the lifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.trials.controls import CONTROLS, control_sentence
from longshelf.trials.cuped import cuped
from longshelf.trials.effects import Arm, Effect, difference, mean_of, ratio_of
from longshelf.trials.from_events import SLICES, checked
from longshelf.trials.gathered import Gathered
from longshelf.trials.interleaving import Preference, preferred
from longshelf.trials.said import Said
from longshelf.trials.sample_ratio import SampleRatio, check_sample_ratio
from longshelf.trials.sequential import Interval, always_valid
from longshelf.trials.stratified import stratified

__all__ = ["Line", "TrialReport", "report_trial"]

MOVED = 1e-6


@dataclass(frozen=True, kw_only=True)
class Line:
    """One metric of one arm beside the plain one.

    Parameters
    ----------
    metric, slice, arm : str
        What, where, whose.
    users : int
        In both arms.
    plain, value : float
        The metric of the two arms, corrected where the report says so.
    change : Interval
        Always-valid, of the difference.
    lift : Interval
        The same, relative to the plain arm.
    """

    metric: str
    slice: str
    arm: str
    users: int
    plain: float
    value: float
    change: Interval
    lift: Interval


@dataclass(frozen=True, kw_only=True)
class TrialReport:
    """A trial so far.

    Parameters
    ----------
    trial : str
        Its name.
    sample_ratio : SampleRatio
        Users per arm; lines are absent where it fails.
    notes : tuple of Said
        What was left out, corrected or withheld, and what the control arms say.
    lines : tuple of Line
        The first of each arm is the one to decide by.
    preference : Preference or None
        Of an interleaved trial, in place of lines.
    """

    trial: str
    sample_ratio: SampleRatio
    notes: tuple[Said, ...]
    lines: tuple[Line, ...]
    preference: Preference | None = None

    @property
    def decided(self) -> Mapping[str, int]:
        """Verdict of each arm's first line: 1 better, -1 worse, 0 open."""
        found: dict[str, int] = {}
        for line in self.lines:
            found.setdefault(line.arm, line.change.verdict)
        return found


def report_trial(
    events: pl.DataFrame | Gathered,
    trial: str | None = None,
    *,
    plain: str | None = None,
    shares: Mapping[str, float] | None = None,
    planned: int = 10_000,
    alpha: float = 0.05,
) -> TrialReport:
    """Read a trial out of the events table.

    Parameters
    ----------
    events : polars.DataFrame or Gathered
        The service's events, those before the trial included if CUPED is wanted; or what was
        gathered of them.
    trial : str, optional
        Its name; the only one by default.
    plain : str, optional
        The arm the others are held against; by default ``plain`` or else the first by name.
    shares : mapping of str to float, optional
        Promised share per arm, by default as logged. Give them: an arm that nobody reached is
        missing from the log.
    planned : int, default 10000
        Users at which the intervals are narrowest.
    alpha : float, default 0.05
        One less the coverage, per line.

    Raises
    ------
    InputError
        Unknown trial or arm, or fewer than two arms.
    """
    seen = events if isinstance(events, Gathered) else Gathered().add(checked(events))
    name = seen.chosen(trial)
    users = seen.per_user(name)
    arms = sorted({*users["arm"].unique().to_list(), *(shares or {})})
    if len(arms) < 2:
        raise InputError(f"trial {name!r} shows {len(arms)} arm so far; two are needed")
    first = plain or ("plain" if "plain" in arms else arms[0])
    if first not in arms:
        raise InputError(f"trial {name!r} has no arm {first!r}; its arms: {', '.join(arms)}")
    if seen.interleaved(name):
        return _interleaved(seen, name, first)
    notes: list[Said] = []
    several = users.filter(pl.col("arms") > 1)["user"].n_unique()
    if several:
        notes.append(
            Said(
                f"{several:,} users saw more than one arm and are left out",
                f"{several:,} 名用户见过不止一个实验组，已排除",
            )
        )
        users = users.filter(pl.col("arms") == 1)
    ratio, moved = _ratio(users, arms, shares)
    if moved:
        notes.append(
            Said(
                "shares changed on the way (a bandit?): lifts of plain means would mix time with "
                "arm; estimate each arm's rate by snips with the logged propensities",
                "分配比例中途变过（老虎机？）：直接比较均值会把时间与实验组混在一起；"
                "请用 snips 和记录的分配概率估计各组",
            )
        )
    lines = _lines(users, arms, first, planned, alpha, notes) if ratio.passed and not moved else ()
    for arm in CONTROLS:
        told = next((line for line in lines if line.arm == arm), None)
        if told is not None:
            notes.append(control_sentence(arm, told.change))
    return TrialReport(trial=name, sample_ratio=ratio, notes=tuple(notes), lines=lines)


def _ratio(
    users: pl.DataFrame, arms: Sequence[str], shares: Mapping[str, float] | None
) -> tuple[SampleRatio, bool]:
    """The sample ratio check, and whether an arm's share changed on the way."""
    counts = {arm: users.filter(pl.col("arm") == arm).height for arm in arms}
    if shares is not None:
        return check_sample_ratio(counts, [shares.get(arm, 0.0) for arm in arms]), False
    logged = users.group_by("arm").agg(pl.col("least").min(), pl.col("most").max())
    known = {arm: (least, most) for arm, least, most in logged.iter_rows()}
    spans = [known.get(arm, (float("nan"),) * 2) for arm in arms]
    if not all(np.isfinite(span).all() for span in spans):
        return check_sample_ratio(counts, [1 / len(arms)] * len(arms)), False
    moved = any(most - least > MOVED for least, most in spans)
    return check_sample_ratio(counts, [(least + most) / 2 for least, most in spans]), moved


def _lines(
    users: pl.DataFrame,
    arms: Sequence[str],
    plain: str,
    planned: int,
    alpha: float,
    notes: list[Said],
) -> tuple[Line, ...]:
    corrected = users["before"].max() != 0
    users = users.with_columns(stratum=pl.struct("group", "taste").rank("dense").cast(pl.Int64))
    strata = users["stratum"].n_unique() > 1
    if corrected:
        notes.append(
            Said(
                "corrected by what users clicked before the trial (CUPED)",
                "已按用户实验前的点击校正（CUPED）",
            )
        )
    if strata:
        named = [
            words
            for column, words in (
                ("group", ("by group", "用户群")),
                ("taste", ("by the slice clicked most before", "此前点击最多的分段")),
            )
            if users[column].n_unique() > 1
        ]
        en, zh = (words.join(one) for words, one in zip((" and ", "和"), zip(*named)))
        notes.append(
            Said(
                f"users weighed as in all of them {en} (post-stratified)",
                f"用户按{zh}以总体占比加权（事后分层）",
            )
        )

    def side(arm: str, top: str, bottom: str | None) -> Arm | None:
        part = users.filter(pl.col("arm") == arm)
        before = part["before"].to_numpy() if corrected else None
        stratum = part["stratum"].to_numpy() if strata else None
        y = part[top].to_numpy().astype(float)
        if bottom is None:
            return mean_of(y, before=before, stratum=stratum) if len(y) else None
        below = part[bottom].to_numpy().astype(float)
        return ratio_of(y, below, before=before, stratum=stratum) if below.sum() else None

    found = []
    for arm in (name for name in arms if name != plain):
        for metric, at, top, bottom in METRICS:
            one, other = side(arm, top, bottom), side(plain, top, bottom)
            if one is None or other is None:
                continue
            pair = cuped(one, other) if corrected else (one, other)
            effect: Effect = stratified(*pair) if strata else difference(*pair)
            change = always_valid(effect, planned=planned, alpha=alpha)
            lift = always_valid(effect, planned=planned, alpha=alpha, relative=True)
            found.append(
                Line(metric=metric, slice=at, arm=arm, users=effect.n, plain=effect.plain,
                     value=effect.arm, change=change, lift=lift)
            )  # fmt: skip
    return tuple(found)


def _interleaved(seen: Gathered, trial: str, plain: str) -> TrialReport:
    votes = seen.votes(trial, plain)["vote"].to_numpy()
    return TrialReport(
        trial=trial,
        sample_ratio=check_sample_ratio({"interleaved": len(votes)}, [1.0]),
        notes=(
            Said(
                "both arms in every list: users' clicks say which they prefer",
                "每个列表都含两个实验组：用户的点击说明更喜欢哪一个",
            ),
        ),
        lines=(),
        preference=preferred(votes),
    )


METRICS: tuple[tuple[str, str, str, str | None], ...] = (
    ("clicks per user", "all", "clicks", None),
    ("click rate", "all", "clicks", "shown"),
    *(("click rate", at, f"clicks {at}", f"shown {at}") for at in SLICES),
    *(("clicks per user", at, f"clicks {at}", None) for at in SLICES),
    ("purchases per user", "all", "purchases", None),
)
"""Metric, slice, what is counted, and over what; the first is the one to decide by."""
