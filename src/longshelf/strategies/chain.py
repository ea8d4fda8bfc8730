"""Several strategies as one: applied in hook order, then in the order written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from longshelf.corrections import Correction
from longshelf.errors import InputError
from longshelf.strategies.base import Stage, Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Ranking, Resampled, Rows, Targets, Valid

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.base import Fitted, Model
    from longshelf.models.network import Net
    from longshelf.tables import Context
    from longshelf.training import Batch

__all__ = ["Chain"]

SINGLE = ("negatives", "loss", "step", "stages", "fit")
"""Hooks that only one strategy of a chain may override."""


@dataclass(frozen=True, init=False)
class Chain(Strategy):
    """Strategies applied one after another.

    Expansion, resampling, networks, logits, corrections and re-rankings compose; weights and
    sampling laws multiply; a second loss, step, schedule, negative law or fit is refused.

    Parameters
    ----------
    *parts : Strategy
        In order; chains within are flattened.

    Raises
    ------
    InputError
        If two parts override the same single hook, or one is what another brings in later.

    Examples
    --------
    >>> from longshelf.strategies import Focal, LogitAdjusted
    >>> sorted((LogitAdjusted() + Focal()).hooks)
    ['logits', 'loss']
    """

    abstract: ClassVar[bool] = True

    members: tuple[Strategy, ...]

    def __init__(self, *parts: Strategy) -> None:
        flat = tuple(
            single for part in parts for single in part.parts if type(single) is not Strategy
        )
        object.__setattr__(self, "members", flat)
        _one_owner(flat)
        for part in flat:
            for late in (type(stage.strategy) for stage in part.stages()):
                if any(type(other) is late for other in flat):
                    raise InputError(
                        f"{late.__name__} counts twice beside {type(part).__name__}, which brings "
                        f"it in by itself; leave {late.__name__} out"
                    )
        places = {getattr(part, "at", None) for part in flat if type(part).__name__ == "CostMatrix"}
        if len(places) > 1:
            raise InputError(
                "costs count once: use CostMatrix at the loss or at the decision, not both"
            )

    @classmethod
    def during(cls, strategy: Strategy, stage: Stage) -> Strategy:
        """A strategy in one of its stages: what the stage brings in joins the chain."""
        if stage.strategy is None:
            return strategy
        joined = object.__new__(cls)
        object.__setattr__(joined, "members", (*strategy.parts, *stage.strategy.parts))
        _one_owner(joined.members)
        return joined

    @property
    def parts(self) -> tuple[Strategy, ...]:
        return self.members

    @property
    def hooks(self) -> frozenset[str]:
        return frozenset().union(*(part.hooks for part in self.parts))

    def only(self, *hooks: str) -> Strategy:
        """The chain of the parts that override one of these hooks."""
        return Chain(*(part for part in self.parts if part.hooks & set(hooks)))

    def _owner(self, hook: str) -> Strategy:
        return next((part for part in self.parts if hook in part.hooks), Strategy())

    def expand(self, rows: Rows, targets: Targets, rng: np.random.Generator) -> Rows:
        for part in self.parts:
            rows = part.expand(rows, targets.seeing(targets.count(rows.code)), rng)
        return rows

    def resample(
        self, X: Matrix, rows: Rows, targets: Targets, rng: np.random.Generator
    ) -> Resampled:
        done = Resampled(np.arange(len(rows)))
        for part in self.parts:
            if "resample" in part.hooks:
                X_now, now = done.apply(X, rows)
                seen = targets.seeing(targets.count(now.code))
                done = done.then(part.resample(X_now, now, seen, rng))
        return done

    def weigh(self, rows: Rows, targets: Targets) -> FloatArray:
        weights = np.ones(len(rows))
        for part in self.parts:
            weights = weights * part.weigh(rows, targets)
        return np.asarray(weights / weights.mean())

    def sample(self, rows: Rows, targets: Targets) -> FloatArray:
        law = np.ones(len(rows))
        for part in self.parts:
            law = law * part.sample(rows, targets)
            law = law / law.sum()
        return np.asarray(law / law.sum())

    def negatives(
        self, rows: Rows, targets: Targets, k: int, net: Net, rng: np.random.Generator
    ) -> tuple[IntArray, FloatArray]:
        return self._owner("negatives").negatives(rows, targets, k, net, rng)

    def build(self, net: Net, targets: Targets) -> Net:
        for part in self.parts:
            net = part.build(net, targets)
        return net

    def logits(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        for part in self.parts:
            z = part.logits(z, batch, targets)
        return z

    def loss(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        return self._owner("loss").loss(z, batch, targets)

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        return self._owner("step").step(net, batch, criterion)

    def stages(self) -> Sequence[Stage]:
        return self._owner("stages").stages()

    def fit(
        self,
        model: Model,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Fitted:
        outer = self._owner("fit")
        rest = Chain(*(part for part in strategy.parts if part is not outer))
        return outer.fit(model, X, rows, valid, targets, rest, rng)

    def correct(self, fitted: Fitted, valid: Valid, targets: Targets) -> Correction:
        done = Correction()
        for part in self.parts:
            scores = None if valid.scores is None else done.apply(valid.scores)
            now = replace(valid, scores=scores)
            done = done.then(part.correct(fitted, now, targets))
        return done

    def rerank(self, ranking: Ranking, context: Context) -> Ranking:
        for part in self.parts:
            ranking = part.rerank(ranking, context)
        return ranking


def _one_owner(parts: Sequence[Strategy]) -> None:
    for hook in SINGLE:
        owners = [type(part).__name__ for part in parts if hook in part.hooks]
        if len(owners) > 1:
            raise InputError(
                f"a chain may hold one strategy with its own {hook}, got {' and '.join(owners)}"
            )
