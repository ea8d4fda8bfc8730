"""Linear model in torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from longshelf.models.classify.neural import Neural

if TYPE_CHECKING:
    from longshelf.models.network import Net
    from longshelf.training import Recipe

__all__ = ["Linear"]


@dataclass(frozen=True, kw_only=True)
class Linear(Neural):
    """A linear head on the features, through the torch loop: every learning hook is honoured.

    Parameters
    ----------
    epochs : int, default 15
    batch : int, default 512
    rate : float or None
        Peak learning rate; None is 0.05 on sparse rows and 0.01 on dense ones.
    decay : float, default 0.0
    patience : int, default 4
        Epochs without a better validation score; 0 runs them all.

    Examples
    --------
    >>> Linear(epochs=5).epochs
    5
    """

    abstract: ClassVar[bool] = False

    epochs: int = 15
    batch: int = 512
    rate: float | None = None
    decay: float = 0.0
    patience: int = 4

    def network(self, width: int, outputs: int, *, sparse: bool) -> Net:
        from longshelf.models.network import Body, LinearHead, Net

        return Net(Body(), Body(), LinearHead(width, outputs, sparse=sparse))

    def recipe(self, *, sparse: bool) -> Recipe:
        from longshelf.training import Recipe

        rate = (0.05 if sparse else 0.01) if self.rate is None else self.rate
        return Recipe(
            epochs=self.epochs,
            batch=self.batch,
            rate=rate,
            decay=self.decay,
            patience=self.patience,
        )
