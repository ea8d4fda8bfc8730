"""The base strategy is plain training; a remedy overrides the hook where its paper intervenes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from longshelf.corrections import Correction
from longshelf.tables import FloatArray, IntArray, Matrix, Ranking, Resampled, Rows, Targets, Valid

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.base import Fitted, Model
    from longshelf.models.network import Net
    from longshelf.tables import Context
    from longshelf.training import Batch

__all__ = ["HOOKS", "Stage", "Strategy"]

HOOKS = (
    "expand", "resample", "weigh", "sample", "negatives",
    "build", "logits", "loss", "step", "stages", "fit", "correct", "rerank",
)  # fmt: skip
"""Every place a strategy may intervene, in the order they are reached."""


@dataclass(frozen=True)
class Stage:
    """A share of the epochs, and what is different in it.

    Parameters
    ----------
    share : float in (0, 1]
        Share of the epochs.
    strategy : Strategy or None
        Joins the rest of the chain for this stage only.
    learn : {"all", "head"}, default "all"
        Which parameters move.
    reset : bool, default False
        Start the head afresh.
    rate : float, default 1.0
        Factor on the learning rate.
    """

    abstract: ClassVar[bool] = True

    share: float
    strategy: Strategy | None = None
    learn: Literal["all", "head"] = "all"
    reset: bool = False
    rate: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """Plain training: every hook leaves things as they are.

    Override the hooks a remedy needs and nothing else; :attr:`hooks` finds out which they are,
    and a model that cannot honour one of them reports the cell as not applicable.

    Examples
    --------
    >>> Strategy().hooks
    frozenset()
    """

    abstract: ClassVar[bool] = False
    shown: ClassVar[str] = "none"

    @property
    def hooks(self) -> frozenset[str]:
        """The hooks this strategy overrides."""
        return frozenset(
            hook for hook in HOOKS if getattr(type(self), hook) is not getattr(Strategy, hook)
        )

    @property
    def parts(self) -> tuple[Strategy, ...]:
        """The strategies of a chain; a single one is a chain of itself."""
        return (self,)

    def __add__(self, other: Strategy) -> Strategy:
        from longshelf.strategies.chain import Chain

        return Chain(self, other)

    def expand(self, rows: Rows, targets: Targets, rng: np.random.Generator) -> Rows:
        """Add rows before features are computed; training part only."""
        return rows

    def resample(
        self, X: Matrix, rows: Rows, targets: Targets, rng: np.random.Generator
    ) -> Resampled:
        """Keep, repeat or make up feature rows; training part only."""
        return Resampled(np.arange(len(rows)))

    def weigh(self, rows: Rows, targets: Targets) -> FloatArray:
        """Weight of each row in the loss, (n,), mean 1."""
        return np.ones(len(rows))

    def sample(self, rows: Rows, targets: Targets) -> FloatArray:
        """Probability of drawing each row into a batch, (n,), sum 1."""
        return np.full(len(rows), 1 / len(rows))

    def negatives(
        self, rows: Rows, targets: Targets, k: int, net: Net, rng: np.random.Generator
    ) -> tuple[IntArray, FloatArray]:
        """Targets a batch is scored against, the batch's own included, and their log probability."""
        return np.arange(len(targets)), np.zeros(len(targets))

    def build(self, net: Net, targets: Targets) -> Net:
        """Change the network before it learns."""
        return net

    def logits(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        """Change the scores the loss sees, (n, C); prediction keeps the plain ones."""
        return z

    def loss(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        """Loss of each row, (n,), never reduced."""
        from longshelf.training import plain_loss

        return plain_loss(z, batch)

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        """Loss of a batch, a scalar; ``criterion`` weighs and averages the row losses."""
        batch.embedding = net.embed(batch.x)
        z = net.head(batch.embedding) if batch.ids is None else net.head(batch.embedding, batch.ids)
        return criterion(z, batch)

    def stages(self) -> Sequence[Stage]:
        """What learns when; shares sum to 1."""
        return (Stage(1.0),)

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
        """Fit the model, once or many times; ``strategy`` is the rest of the chain."""
        return model.fit(X, rows, valid, targets, strategy, rng)

    def correct(self, fitted: Fitted, valid: Valid, targets: Targets) -> Correction:
        """Change scores after fitting; whatever is estimated reads ``valid`` only."""
        return Correction()

    def rerank(self, ranking: Ranking, context: Context) -> Ranking:
        """Reorder lists."""
        return ranking


def floor_counts(counts: FloatArray, to: int | str) -> dict[int, int]:
    """Rows each present target should have: a floor, or ``balance`` for the largest count."""
    present = np.flatnonzero(counts)
    goal = int(counts.max()) if to == "balance" else int(to)
    return {int(c): max(int(counts[c]), goal) for c in present}
