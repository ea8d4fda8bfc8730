"""Supervised contrastive learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from longshelf.strategies.step.contrastive import Contrastive

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["SupervisedContrastive"]


@dataclass(frozen=True, kw_only=True)
class SupervisedContrastive(Contrastive):
    """Draw rows of a class together and push those of others away, beside the loss.

    A row's term is minus the mean log softmax of its cosines with the rows of its class, among all
    other rows of the batch [1]_; a row alone of its class has none, which rare classes mostly are.
    Text has no two views of a row, so each stands once [2]_. The two layers in which rows are
    compared are left out when scoring.

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
    .. [1] Khosla et al., Supervised Contrastive Learning, NeurIPS 2020, arXiv:2004.11362, eq. 2.
    .. [2] Gunel et al., Supervised Contrastive Learning for Pre-trained Language Model
       Fine-tuning, ICLR 2021, arXiv:2011.01403, eq. 1.

    Examples
    --------
    >>> sorted(SupervisedContrastive(temperature=0.3).hooks)
    ['build', 'step']
    """

    abstract: ClassVar[bool] = False

    def term(self, net: Net, z: Tensor, batch: Batch) -> Tensor:
        from longshelf.strategies.step.contrast import supervised

        return supervised(z, batch.y, self.temperature)
