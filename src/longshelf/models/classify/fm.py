"""Factorisation machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from longshelf.models.classify.click import Click

if TYPE_CHECKING:
    from longshelf.models.network import Net

__all__ = ["Fm"]


@dataclass(frozen=True, kw_only=True)
class Fm(Click):
    """Every feature, and every pair of features through the product of two short vectors [1]_.

    A pair never met in training is scored all the same, which is why it suits rare clicks on many
    items. Reads any features, sparse ones as they are. Targets share the vectors and weigh their
    factors each in its own way; with one output and weights of 1 it is the machine of the paper.

    Parameters
    ----------
    factors : int, default 16
        Length of a feature's vector.
    epochs, batch, rate, decay, patience
        As for :class:`Click`.

    Raises
    ------
    InputError
        If ``factors`` is below 1.

    References
    ----------
    .. [1] Rendle, Factorization Machines, ICDM 2010, eq. 1 and lemma 3.1.

    Examples
    --------
    >>> Fm(factors=8).factors
    8
    """

    abstract: ClassVar[bool] = False

    factors: int = 16

    def __post_init__(self) -> None:
        self._positive("factors")

    def network(self, width: int, outputs: int, *, sparse: bool) -> Net:
        from longshelf.models.classify.crossing import FactorBody
        from longshelf.models.network import Body, LinearHead, Net

        body = FactorBody(width, self.factors, outputs)
        return Net(Body(), body, LinearHead(outputs + self.factors, outputs))
