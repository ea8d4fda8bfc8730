"""What the click models share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from longshelf.errors import InputError
from longshelf.models.classify.neural import Neural

if TYPE_CHECKING:
    from longshelf.recipe import Recipe

__all__ = ["Click"]


@dataclass(frozen=True, kw_only=True)
class Click(Neural):
    """A network over mixed features, with the recipe all click models share.

    Parameters
    ----------
    epochs : int, default 12
    batch : int, default 512
    rate : float or None
        Peak learning rate; None is 0.05 on sparse rows and 0.01 on dense ones.
    decay : float, default 1e-3
    patience : int, default 4
        Epochs without a better validation score; 0 runs them all.
    """

    abstract: ClassVar[bool] = True

    epochs: int = 12
    batch: int = 512
    rate: float | None = None
    decay: float = 1e-3
    patience: int = 4

    def recipe(self, *, sparse: bool) -> Recipe:
        from longshelf.recipe import Recipe

        rate, epsilon = (0.05, 1e-4) if sparse else (0.01, 1e-8)
        return Recipe(
            epochs=self.epochs, batch=self.batch, rate=rate if self.rate is None else self.rate,
            epsilon=epsilon, decay=self.decay, patience=self.patience,
        )  # fmt: skip

    def _positive(self, *names: str) -> None:
        for name in names:
            if getattr(self, name) < 1:
                kind = type(self).__name__
                raise InputError(f"{kind}'s {name} must be at least 1, got {getattr(self, name)}")

    def _shares(self, *names: str) -> None:
        for name in names:
            if not 0 <= getattr(self, name) < 1:
                kind = type(self).__name__
                raise InputError(f"{kind}'s {name} must be in [0, 1), got {getattr(self, name)}")
