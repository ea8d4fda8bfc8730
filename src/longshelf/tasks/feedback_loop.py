"""A recommender that learns from the clicks on its own lists, round after round."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl

from longshelf.cache import Cache
from longshelf.components import build
from longshelf.datasets import Marketplace
from longshelf.errors import InputError
from longshelf.metrics.loop import (
    ListedGini,
    ListedShare,
    LoopMetric,
    Survival,
    TailClicks,
    Welfare,
    WelfareShare,
)
from longshelf.metrics.measured import PER_TARGET, RELIABILITY, VALUES, Measured
from longshelf.simulation import Log, Shop, play
from longshelf.slices import cut
from longshelf.tables import Dataset, FloatArray, IntArray, Rows, Targets, Valid
from longshelf.tasks.base import Outputs, Parts, Problem, Task
from longshelf.tasks.rank import Rank

if TYPE_CHECKING:
    from longshelf.learning import Learned, Once
    from longshelf.strategies.base import Strategy

__all__ = ["FeedbackLoop"]

METRICS = (Welfare, WelfareShare, ListedGini, ListedShare, Survival, TailClicks)
GROUPS = ("all", "majority", "minority")
WATCHED = 0.05
"""Share of the log that early stopping looks at."""


@dataclass(frozen=True, kw_only=True)
class FeedbackLoop(Task):
    """Rank for the users of the simulated shop, let them click, learn again from all clicks.

    Every seed is another shop of the same dials: its own catalogue, tastes, users and first year
    of clicks, shared by all arms, so intervals over seeds are intervals over shops. Each round
    fits the model anew under the whole strategy, re-ranking included, lists ``k`` items for every
    user, and adds what they click of them. What is measured is the truth the clicks are drawn
    from, never the log. The split divides nothing here. Values without a round are the last
    round's; slice axis ``round`` holds them all, and ``majority`` and ``minority`` by round.

    Parameters
    ----------
    rounds : int >= 1, default 30
    k : int >= 1, default 20
        Places of a list.
    depth : int >= k, default 100
        Candidates kept per user, so that re-ranking has something to choose from.
    repeats : bool, default True
        Whether an item may be shown to a user who clicked it before: a click is interest, not
        use. False leaves it out of their lists for good.
    memory : int >= 0, default 0
        Earlier clicks kept per row for models that read histories.

    Raises
    ------
    InputError
        If the data set is not a simulated shop, or an argument out of its bounds.

    References
    ----------
    .. [1] Chaney et al., How Algorithmic Confounding in Recommendation Systems Increases
       Homogeneity and Decreases Utility, RecSys 2018, arXiv:1710.11214.
    .. [2] Mansoury et al., Feedback Loop and Bias Amplification in Recommender Systems, CIKM
       2020, arXiv:2007.13019.
    """

    abstract: ClassVar[bool] = False
    looped: ClassVar[bool] = True
    uses: ClassVar[tuple[str, ...]] = (
        "longshelf.simulation.shop",
        "longshelf.simulation.course",
        "longshelf.metrics.loop",
        "longshelf.datasets.marketplace.behaviour",
        "longshelf.datasets.marketplace.catalogue",
    )

    rounds: int = 30
    k: int = 20
    depth: int = 100
    repeats: bool = True
    memory: int = 0

    def __post_init__(self) -> None:
        if self.rounds < 1 or self.k < 1 or self.depth < self.k:
            raise InputError(
                "feedback_loop needs rounds and k from 1 and a depth of at least k, got "
                f"rounds={self.rounds}, k={self.k}, depth={self.depth}"
            )

    @property
    def primary(self) -> str:
        return f"welfare@{self.k}"

    @property
    def title(self) -> str:
        return "feedback loop" if self.repeats else "feedback loop without repeats"

    @property
    def metrics(self) -> tuple[LoopMetric, ...]:
        """Everything measured in a round."""
        return tuple(metric(k=self.k) for metric in METRICS)

    def rivals_for(self, dataset: Dataset) -> Sequence[tuple[str, str]]:
        return [("ids", "random_ranking"), ("ids", "most_popular")]

    def pose(self, dataset: Dataset) -> Problem:
        self._source(dataset)
        return replace(Rank().pose(dataset), task=self)

    def strata(self, rows: Rows, targets: Targets) -> IntArray:
        return np.asarray(rows.code)

    def _source(self, dataset: Dataset) -> Marketplace:
        """The shop as it was typed."""
        try:
            source = build("dataset", dataset.name)
        except InputError:
            source = None
        if not isinstance(source, Marketplace) or source.problem != "interactions":
            raise InputError(
                f"the feedback loop needs users whose true tastes are known, and {dataset.name!r} "
                "has none; give it the data set marketplace(problem='interactions', items=1000)"
            )
        return source

    def learn(
        self, parts: Parts, strategy: Strategy, once: Once, rng: np.random.Generator, cache: Cache
    ) -> Learned:
        """Play every round; the outcome is the course of the metrics, not a model's scores."""
        began = time.perf_counter(), time.process_time()
        source = self._source(parts.problem.dataset)
        shop = Shop.of(replace(source, seed=source.seed + parts.seed), self.k)
        ranked = Rank(k=self.k, depth=self.depth, repeats=self.repeats, memory=self.memory)
        view = _View(ranked, parts.problem.dataset, shop)
        done: list[Learned] = []
        with TemporaryDirectory(prefix="longshelf-rounds-") as scratch:
            kept = Cache(Path(scratch))

            def recommend(log: Log, number: int) -> IntArray:
                seen = view.parts(log, rng)
                done.append(once(seen, rng, kept))
                valid = Valid(X=None, rows=seen.valid)
                return ranked.conclude(done[-1].outputs, seen, valid, strategy).ids

            clicks = np.random.default_rng([source.seed, parts.seed, 1])
            course = play(shop, recommend, self.metrics, self.rounds, clicks)
        outputs = {"course": course.values, "clicks": course.clicks, "seen": parts.targets.natural}
        whole = time.perf_counter() - began[0], time.process_time() - began[1]
        about = _summed([one.about for one in done], *whole)
        return replace(done[-1], outputs=outputs, about=about, fitted=None, X_valid=None)

    def conclude(self, outputs: Outputs, parts: Parts, valid: Valid, strategy: Strategy) -> Outputs:
        return outputs

    def measure(self, predicted: Outputs, parts: Parts) -> Measured:
        course = np.asarray(predicted["course"])
        lines = []
        for metric, of in zip(self.metrics, np.moveaxis(course, 1, 0), strict=True):
            for name, values in zip(GROUPS, of.T, strict=True):
                if np.isfinite(values[-1]):
                    axis = "all" if name == "all" else "group"
                    lines.append((metric.id, axis, name, values[-1]))
                    axis = "round" if name == "all" else f"{name} by round"
                    lines += [
                        (metric.id, axis, f"{number:02d}", value)
                        for number, value in enumerate(values, 1)
                    ]
        rows = [("score", *line[:3], float(line[3]), None, None, self.rounds) for line in lines]
        return Measured(
            values=pl.DataFrame(rows, schema=VALUES, orient="row"),
            units=pl.DataFrame({"id": np.arange(1) + parts.seed}),
            per_target=pl.DataFrame(schema=PER_TARGET),
            reliability=pl.DataFrame(schema=RELIABILITY),
        )


@dataclass(frozen=True)
class _View:
    """A shop and its log as models and remedies see them."""

    task: Rank
    dataset: Dataset
    shop: Shop

    def parts(self, log: Log, rng: np.random.Generator) -> Parts:
        """All clicks as training rows but a few to watch, and one row per user to rank for."""
        rows = self._rows(log.user, log.item, self.shop.looked_at(log.position))
        everyone = np.arange(len(self.shop))
        asked = self._rows(everyone, np.zeros(len(everyone), dtype=np.int64), None)
        watched = np.zeros(len(log), dtype=bool)
        watched[rng.choice(len(log), max(1, round(WATCHED * len(log))), replace=False)] = True
        items = self.shop.items
        targets = Targets(
            names=items["item"].cast(pl.String).to_numpy().astype(np.str_),
            kind="item",
            parents=items["category"].to_numpy().astype(np.str_),
            text=items["title"].to_numpy().astype(np.str_),
        )
        problem = Problem(self.dataset, self.task, rows, targets, sources=everyone.astype(np.str_))
        train, valid, test = self.task.informed(rows.take(~watched), rows.take(watched), asked)
        targets = targets.observed(train)
        return Parts(problem, train, valid, test, targets, cut(targets.natural))

    def _rows(self, user: IntArray, item: IntArray, propensity: FloatArray | None) -> Rows:
        column = self.dataset.schema.user
        groups = np.asarray(GROUPS[1:])[self.shop.group[user]]
        return Rows(
            id=np.arange(len(user)),
            inputs=pl.DataFrame({str(column): user}),
            y=item,
            code=item,
            groups=pl.DataFrame({"group": groups}),
            propensity=propensity,
            source=user,
        )


def _summed(rounds: Sequence[Mapping[str, Any]], wall: float, cpu: float) -> dict[str, Any]:
    """The last round's account, with the seconds of the whole course and the warnings of all."""
    said = sorted({text for one in rounds for text in one["warnings"]})
    fits = sum(one["seconds"] for one in rounds)
    spent = {"seconds": wall, "cpu_seconds": cpu, "fit_seconds": fits}
    return {**rounds[-1], **spent, "warnings": said}
