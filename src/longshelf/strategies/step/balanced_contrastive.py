"""Balanced contrastive learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from longshelf.strategies.step.contrastive import Contrastive
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["BalancedContrastive"]


@dataclass(frozen=True, kw_only=True)
class BalancedContrastive(Contrastive):
    """Contrast rows so that every class of a batch counts alike and none is missing.

    As :class:`SupervisedContrastive`, but each class's exponentials enter the sum by their mean,
    so that the head repels no more than the tail, and every class has a centre that stands in
    every batch: the head's vector of the class through two layers of its own [1]_.

    Parameters
    ----------
    temperature : float > 0, default 0.1
        Cosines are divided by it.
    weight : float > 0, default 0.5
        Times the term, added to the loss.
    width : int >= 1, default 128
        Length of the vectors compared.

    Raises
    ------
    NotApplicable
        If rows have several targets or a value, or the model learns nothing below its head.

    References
    ----------
    .. [1] Zhu et al., Balanced Contrastive Learning for Long-Tailed Visual Recognition, CVPR 2022,
       arXiv:2207.09052, section 3.3, and the authors' code.

    Examples
    --------
    >>> sorted(BalancedContrastive().hooks)
    ['build', 'step']
    """

    abstract: ClassVar[bool] = False

    def build(self, net: Net, targets: Targets) -> Net:
        from longshelf.strategies.step.contrast import Projection

        net = super().build(net, targets)
        head: Any = net.head
        net.add_module("centres", Projection(int(head.weight.shape[1]), self.width))
        return net

    def term(self, net: Net, z: Tensor, batch: Batch) -> Tensor:
        from longshelf.strategies.step.contrast import balanced

        head: Any = net.head
        vectors = head.weight if batch.ids is None else head.rows(batch.ids)
        centres = net.get_submodule("centres")(vectors)
        return balanced(z, batch.y, centres, self.temperature)
