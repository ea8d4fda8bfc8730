"""Deep and cross network, second version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from longshelf.models.classify.click import Click

if TYPE_CHECKING:
    from longshelf.models.network import Net

__all__ = ["DcnV2"]


@dataclass(frozen=True, kw_only=True)
class DcnV2(Click):
    """Layers that multiply the input with a linear map of what came before, beside a perceptron.

    Each cross layer raises the degree of the polynomial by one [1]_; this is the parallel form.
    Dense features are crossed as they are, sparse ones after a linear layer.

    Parameters
    ----------
    crosses : int, default 2
        Cross layers.
    width : int, default 64
        Length that sparse features are brought to.
    hidden : int, default 64
        Width of the two hidden layers of the perceptron.
    dropout : float in [0, 1), default 0.2
    epochs, batch, rate, decay, patience
        As for :class:`Click`.

    Raises
    ------
    InputError
        If a size or ``dropout`` is out of range.

    References
    ----------
    .. [1] Wang et al., DCN V2, WWW 2021, arXiv:2008.13535, eq. 1 and figure 1b.

    Examples
    --------
    >>> DcnV2(crosses=3).crosses
    3
    """

    abstract: ClassVar[bool] = False

    crosses: int = 2
    width: int = 64
    hidden: int = 64
    dropout: float = 0.2

    def __post_init__(self) -> None:
        self._positive("crosses", "width", "hidden")
        self._shares("dropout")

    def network(self, width: int, outputs: int, *, sparse: bool) -> Net:
        from longshelf.models.classify.crossing import CrossBody, Widened
        from longshelf.models.network import LinearHead, Net

        crossed = self.width if sparse else width
        stem = Widened(width, crossed, sparse=sparse)
        body = CrossBody(crossed, self.crosses, self.hidden, self.dropout)
        return Net(stem, body, LinearHead(crossed + self.hidden, outputs))
