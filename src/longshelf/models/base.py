"""A model learns scores for targets; it says which hooks of a strategy it can honour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from longshelf.errors import NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["AROUND", "Asked", "Fitted", "Head", "Model", "OF_ROWS"]

OF_ROWS = frozenset({"expand", "resample", "weigh"})
"""Hooks any learner with row weights honours."""

AROUND = frozenset({"fit", "correct", "rerank"})
"""Hooks that treat the model as a whole; every model honours them."""


@dataclass(frozen=True)
class Head:
    """The last linear map of a classifier: weight (C, d) and bias (C,)."""

    weight: FloatArray
    bias: FloatArray


class Fitted(Protocol):
    """What :meth:`Model.fit` returns."""

    @property
    def parameters(self) -> int:
        """Numbers learned."""
        ...

    @property
    def head(self) -> Head | None:
        """The linear head, where the model has one."""
        ...

    def scores(self, X: Matrix) -> FloatArray:
        """Softmax or sigmoid logits (n, C), or values (n, 1)."""
        ...


@runtime_checkable
class Asked(Protocol):
    """A fitted model that is asked by prompts, and can therefore be asked about nothing."""

    @property
    def content_free(self) -> FloatArray:
        """Scores of a few inputs without content, as :meth:`Fitted.scores` gives them; (m, C)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Model:
    """A learner, described by its arguments.

    ``honours`` names the hooks it can run besides :data:`AROUND`; ``kinds`` the target kinds it
    can score; ``trivial`` models are the rivals every arm is held against; one that is not
    ``seeded`` never reads ``rng``, so equal parts give equal fits. A strategy that needs another
    hook makes the cell not applicable.
    """

    abstract: ClassVar[bool] = True
    trivial: ClassVar[bool] = False
    seeded: ClassVar[bool] = True
    honours: ClassVar[frozenset[str]] = OF_ROWS
    kinds: ClassVar[frozenset[str]] = frozenset({"class"})

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Fitted:
        """Learn from the training part; ``valid`` is for early stopping only."""
        raise NotImplementedError

    def check(self, strategy: Strategy, targets: Targets) -> None:
        """Refuse what this model cannot do.

        Raises
        ------
        NotApplicable
            With the hooks that are missing, or the kind of target.
        """
        name = type(self).__name__
        if targets.kind not in self.kinds:
            raise NotApplicable(
                f"{name} scores {', '.join(sorted(self.kinds))} targets, not {targets.kind}"
            )
        missing = strategy.hooks - self.honours - AROUND
        if missing:
            raise NotApplicable(f"{name} has no place for the hook {', '.join(sorted(missing))}")
