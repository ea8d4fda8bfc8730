"""What contrastive terms share: where rows are compared, and how the term joins the loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.strategies.network.encoder import needs_encoder
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["Contrastive", "one_class_a_row"]


def one_class_a_row(net: Net, targets: Targets, name: str) -> None:
    """Refuse what cannot be contrasted by class.

    Raises
    ------
    NotApplicable
        If rows have several targets or a value, or nothing is learned below the head.
    """
    if targets.kind not in ("class", "item"):
        raise NotApplicable(f"{name} contrasts rows by their one target; these have {targets.kind}")
    needs_encoder(net, f"{name} teaches an encoder")


@dataclass(frozen=True, kw_only=True)
class Contrastive(Strategy):
    """Adds a loss that looks at several rows at once, compared after two layers of their own."""

    abstract: ClassVar[bool] = True

    temperature: float = 0.1
    weight: float = 0.5
    width: int = 128

    def __post_init__(self) -> None:
        if self.temperature <= 0 or self.weight <= 0 or self.width < 1:
            raise InputError(
                f"{type(self).__name__} needs temperature and weight above 0 and width from 1, "
                f"got {self.temperature}, {self.weight} and {self.width}"
            )

    def build(self, net: Net, targets: Targets) -> Net:
        from longshelf.strategies.step.contrast import Projection

        one_class_a_row(net, targets, type(self).__name__)
        head: Any = net.head
        net.add_module("projection", Projection(int(head.weight.shape[1]), self.width))
        return net

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        plain = super().step(net, batch, criterion)
        z: Tensor = net.get_submodule("projection")(batch.embedding)
        return plain + self.weight * (self.term(net, z, batch) * batch.weight).mean()

    def term(self, net: Net, z: Tensor, batch: Batch) -> Tensor:
        """Contrastive loss of each row; (n,)."""
        raise NotImplementedError
