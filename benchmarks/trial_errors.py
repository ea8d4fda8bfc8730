"""How often trials are wrong: false alarms under peeking, coverage, width, power, interleaving.

    python benchmarks/trial_errors.py --aa 1000 --ab 200

On the simulated shop, whose every probability of a click is known. Plain lists are the most
clicked items; remedied ones give their last places to what users of like clicks chose (item-kNN).
A/A runs give both arms the plain lists and look every 200 users; one false alarm is any look whose
interval excludes 0. A/B runs hold each interval against the true difference. Interleaving drafts
both lists into one and stops at its first verdict.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from typing import Any

import numpy as np
import scipy.sparse as sp

from longshelf.datasets import Marketplace
from longshelf.simulation import Shop
from longshelf.trials import (
    Arm,
    Effect,
    Trial,
    always_valid,
    check_sample_ratio,
    cuped,
    difference,
    fixed_horizon,
    mean_of,
    preferred,
    ratio_of,
    stratified,
    team_draft,
)

K = 10
STEP = 200
VISITS = 2.0
DAYS = 28
SEED = 20_260_101


@dataclass(frozen=True)
class World:
    """Users, what each arm shows them, and the probability of every click."""

    shop: Shop
    lists: tuple[np.ndarray, np.ndarray]
    chance: tuple[np.ndarray, np.ndarray]
    before: np.ndarray

    @property
    def lift(self) -> float:
        """True relative lift in clicks."""
        plain, remedied = (part.sum(axis=1).mean() for part in self.chance)
        return float(remedied / plain - 1)


@cache
def world(users: int = 8000, items: int = 1500, kept: int = 4, seed: int = 1) -> World:
    """A shop of known taste; the first ``kept`` places stay the most clicked items."""
    shop = Shop.of(Marketplace(problem="interactions", users=users, items=items, seed=seed), K)
    counts = shop.start.counts(users, items)
    popular = np.argsort(-np.asarray(counts.sum(axis=0))[0], kind="stable")[:K]
    plain = np.tile(popular, (users, 1))
    unit = counts @ sp.diags(1 / np.sqrt(np.maximum(counts.power(2).sum(axis=0).A1, 1e-12)))
    score = (counts @ (unit.T @ unit)).toarray()
    score[:, popular[:kept]] = -1
    score += 1e-9 * np.asarray(counts.sum(axis=0))
    remedied = np.concatenate(
        [plain[:, :kept], np.argsort(-score, axis=1, kind="stable")[:, : K - kept]], axis=1
    )
    lists = plain, remedied
    before = np.bincount(shop.start.user, minlength=users).astype(float)
    return World(shop, lists, (shop.chance(plain), shop.chance(remedied)), before)


@dataclass(frozen=True)
class Visitors:
    """Users in the order they came, with what they did; one row each."""

    arm: np.ndarray
    clicks: np.ndarray
    shown: np.ndarray
    before: np.ndarray
    group: np.ndarray

    def upto(self, n: int) -> Visitors:
        """The first n."""
        return Visitors(*(part[:n] for part in vars(self).values()))


def visitors(here: World, n: int, arms: tuple[int, int], rng: np.random.Generator) -> Visitors:
    """Draw users, give each an arm by hash, and let them click on a few visits."""
    trial = Trial(name=f"run {rng.integers(2**62)}", arms=("plain", "remedied"))
    arm = np.array([trial.arms.index(trial.arm_of(str(user))) for user in range(n)])
    who = rng.integers(0, len(here.shop), n)
    visits = 1 + rng.poisson(VISITS, n)
    chance = np.where((np.array(arms)[arm] == 0)[:, None], here.chance[0][who], here.chance[1][who])
    clicks = rng.binomial(visits[:, None], chance).sum(axis=1).astype(float)
    return Visitors(arm, clicks, visits * float(K), here.before[who], here.shop.group[who])


def sides(of: Callable[[np.ndarray], Arm], seen: Visitors) -> tuple[Arm, Arm]:
    """A metric of the remedied and the plain arm."""
    return of(seen.arm == 1), of(seen.arm == 0)


def clicks_per_user(seen: Visitors) -> Effect:
    """Mean clicks."""
    return difference(*sides(lambda at: mean_of(seen.clicks[at]), seen))


def click_rate(seen: Visitors) -> Effect:
    """Clicks over impressions."""
    return difference(*sides(lambda at: ratio_of(seen.clicks[at], seen.shown[at]), seen))


def with_cuped(seen: Visitors) -> Effect:
    """Click rate, corrected by last year's clicks."""
    return difference(
        *cuped(*sides(lambda at: ratio_of(seen.clicks[at], seen.shown[at], before=seen.before[at]), seen))
    )  # fmt: skip


def by_strata(seen: Visitors) -> Effect:
    """Click rate, users weighed by group and by whether they clicked last year."""
    stratum = seen.group * 2 + (seen.before > np.median(seen.before))
    return stratified(
        *sides(lambda at: ratio_of(seen.clicks[at], seen.shown[at], stratum=stratum[at]), seen)
    )


METRICS: dict[str, Callable[[Visitors], Effect]] = {
    "clicks per user": clicks_per_user,
    "click rate": click_rate,
    "click rate, CUPED": with_cuped,
    "click rate, strata": by_strata,
}


def looks(n: int) -> range:
    """Users seen at each look."""
    return range(STEP, n + 1, STEP)


def false_alarms(runs: int, n: int) -> dict[str, Any]:
    """Share of A/A runs in which any look of n / 200 excludes no difference."""
    here = world()
    names = [*METRICS, "fixed-horizon interval, peeked at", "users who return for 28 days"]
    alarms, ratio = dict.fromkeys(names, 0), 0
    for run in range(runs):
        rng = np.random.default_rng([SEED, 0, run])
        seen = visitors(here, n, (0, 0), rng)
        counts = np.bincount(seen.arm, minlength=2)
        ratio += not check_sample_ratio(
            {"a": int(counts[0]), "b": int(counts[1])}, (0.5, 0.5)
        ).passed
        parts = [seen.upto(size) for size in looks(n)]
        for name, metric in METRICS.items():
            effects = [metric(part) for part in parts]
            alarms[name] += any(always_valid(e, planned=n).verdict for e in effects)
            if name == "click rate":
                alarms[names[-2]] += any(fixed_horizon(e).verdict for e in effects)
        alarms[names[-1]] += _returning(here, n, rng)
    limit = 0.05 + 2 * sqrt(0.05 * 0.95 / runs)
    shares = {name: count / runs for name, count in alarms.items()}
    return {"runs": runs, "users": n, "looks": len(looks(n)), "limit": limit,
            "false alarms": shares, "sample ratio failed": ratio / runs}  # fmt: skip


def _returning(here: World, n: int, rng: np.random.Generator) -> bool:
    """Whether any daily look at totals that still grow raises a false alarm."""
    who, arm = rng.integers(0, len(here.shop), n), rng.integers(0, 2, n)
    first = rng.integers(0, DAYS, n)
    pace = rng.gamma(1.0, 0.3, n)
    clicks, shown = np.zeros(n), np.zeros(n)
    for day in range(DAYS):
        visits = np.where(day == first, 1, np.where(day > first, rng.poisson(pace), 0))
        clicks += rng.binomial(visits[:, None], here.chance[0][who]).sum(axis=1)
        shown += visits * float(K)
        at = first <= day
        seen = Visitors(arm[at], clicks[at], shown[at], shown[at], arm[at])
        if always_valid(click_rate(seen), planned=n).verdict:
            return True
    return False


def known_lift(runs: int, n: int, kept: int = 4) -> dict[str, Any]:
    """Coverage of the true difference, width beside a fixed horizon, power, and interleaving."""
    here = world(kept=kept)
    truth = float((here.chance[1] - here.chance[0]).sum(axis=1).mean())
    true = {
        name: truth * (1 + VISITS) if name == "clicks per user" else truth / K for name in METRICS
    }
    found: dict[str, list[tuple[bool, bool, float, float, float]]] = {name: [] for name in METRICS}
    relative, drafts = [], []
    for run in range(runs):
        rng = np.random.default_rng([SEED, 1, run])
        seen = visitors(here, n, (0, 1), rng)
        visits = np.cumsum(seen.shown) / K
        for name, metric in METRICS.items():
            effects = [metric(seen.upto(size)) for size in looks(n)]
            ours = [always_valid(e, planned=n) for e in effects]
            inside = [i.low <= true[name] <= i.high for i in ours]
            first = next((look for look, i in enumerate(ours) if i.verdict), None)
            spent = visits[(len(ours) if first is None else first + 1) * STEP - 1]
            right = first is not None and ours[first].verdict == np.sign(truth)
            wider = ours[-1].width / fixed_horizon(effects[-1]).width
            found[name].append((all(inside), inside[-1], right, wider, spent))
            if name == "click rate":
                interval = always_valid(effects[-1], planned=n, relative=True)
                relative.append(interval.low <= here.lift <= interval.high)
        drafts.append(_interleaved(here, int(n * (1 + VISITS)), rng))
    lines = {}
    for name, rows in found.items():
        every, last, right, wider, spent = np.array(rows, dtype=float).T
        lines[name] = {"covered at every look": every.mean(), "covered at the end": last.mean(),
                       "power": right.mean(), "width / fixed": wider.mean(),
                       "median visits to verdict": float(np.median(spent))}  # fmt: skip
    verdicts, spent = np.array(drafts, dtype=float).T
    return {"runs": runs, "users": n, "true lift": here.lift, "metrics": lines,
            "relative lift covered at the end": float(np.mean(relative)),
            "interleaving": {"power": float((verdicts == np.sign(truth)).mean()),
                             "wrong": float((verdicts == -np.sign(truth)).mean()),
                             "median visits to verdict": float(np.median(spent))}}  # fmt: skip


def _interleaved(here: World, most: int, rng: np.random.Generator) -> tuple[int, int]:
    """Verdict on drafted lists and the visits it took; a look every 100 visits."""
    votes = np.zeros(0)
    while len(votes) < most:
        who = rng.integers(0, len(here.shop), 100)
        drafts = [
            team_draft(here.lists[0][u].tolist(), here.lists[1][u].tolist(), K, rng) for u in who
        ]
        ids = np.array([items for items, _ in drafts])
        teams = np.array([team for _, team in drafts])
        chance = here.shop.attraction[here.shop.kind[who][:, None], ids] * here.shop.looked
        clicked = rng.random(ids.shape) < chance
        votes = np.concatenate([votes, ((2 * teams - 1) * clicked).sum(axis=1)])
        verdict = always_valid(preferred(votes).effect, planned=max(most // 10, 1)).verdict
        if verdict:
            return verdict, len(votes)
    return 0, len(votes)


def main(given: Sequence[str] | None = None) -> dict[str, Any]:
    """Run both parts and print what they found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--aa", type=int, default=1000, help="A/A runs")
    parser.add_argument("--ab", type=int, default=200, help="A/B runs")
    parser.add_argument("--users", type=int, default=10_000, help="of each run, both arms together")
    parser.add_argument(
        "--kept", type=int, default=4, help="places both arms share: more, less lift"
    )
    said = parser.parse_args(given)
    start = time.perf_counter()
    found: dict[str, Any] = {}
    if said.aa:
        found["A/A"] = false_alarms(said.aa, said.users)
    if said.ab:
        found["A/B"] = known_lift(said.ab, said.users, said.kept)
    found["seconds"] = round(time.perf_counter() - start, 1)
    print(json.dumps(found, indent=2))
    return found


if __name__ == "__main__":
    main()
