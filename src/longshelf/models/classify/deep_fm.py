"""DeepFM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from longshelf.models.classify.click import Click

if TYPE_CHECKING:
    from longshelf.models.network import Net

__all__ = ["DeepFm"]


@dataclass(frozen=True, kw_only=True)
class DeepFm(Click):
    """A factorisation machine and a perceptron over the same feature vectors, added up [1]_.

    Features do not say where one field ends and the next begins, so the perceptron reads the sum
    of a row's feature vectors where the paper reads them one field after another.

    Parameters
    ----------
    factors : int, default 32
        Length of a feature's vector.
    hidden : int, default 64
        Width of the two hidden layers.
    dropout : float in [0, 1), default 0.2
    epochs, batch, rate, decay, patience
        As for :class:`Click`.

    Raises
    ------
    InputError
        If a size or ``dropout`` is out of range.

    References
    ----------
    .. [1] Guo et al., DeepFM, IJCAI 2017, arXiv:1703.04247, eq. 1.

    Examples
    --------
    >>> DeepFm(hidden=32).hidden
    32
    """

    abstract: ClassVar[bool] = False

    factors: int = 32
    hidden: int = 64
    dropout: float = 0.2

    def __post_init__(self) -> None:
        self._positive("factors", "hidden")
        self._shares("dropout")

    def network(self, width: int, outputs: int, *, sparse: bool) -> Net:
        from longshelf.models.classify.crossing import DeepBody
        from longshelf.models.network import Body, LinearHead, Net

        body = DeepBody(width, self.factors, outputs, self.hidden, self.dropout)
        return Net(Body(), body, LinearHead(outputs + self.factors + self.hidden, outputs))
