"""Read the shop's own texts before its labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Stage, Strategy
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["ContinuedPretraining"]


@dataclass(frozen=True, kw_only=True)
class ContinuedPretraining(Strategy):
    """Go on with pretraining on the training texts, then tune for the targets [1]_.

    Encoders guess words that were hidden: of those chosen, 80% become the mask, 10% another word,
    10% stay [2]_. Decoders guess the next word. Words are scored by a new layer against the
    pretrained word vectors, which stand still on that side. A head learns beside without moving
    the encoder, so that the epoch which serves it best can be told. It costs its share of the
    epochs: an arm takes as many steps as the others.

    Parameters
    ----------
    share : float in (0, 1), default 0.5
        Share of the epochs that reads.
    hidden : float in (0, 1), default 0.15
        Share of the words an encoder has to guess.

    Raises
    ------
    InputError
        If a share is out of range.
    NotApplicable
        If the model is no transformer whose layers all read tokens.

    References
    ----------
    .. [1] Gururangan et al., Don't Stop Pretraining, ACL 2020, arXiv:2004.10964, section 4.
    .. [2] Devlin et al., BERT, NAACL 2019, arXiv:1810.04805, section 3.1.

    Examples
    --------
    >>> [stage.share for stage in ContinuedPretraining(share=0.25).stages()]
    [0.25, 0.75]
    """

    share: float = 0.5
    hidden: float = 0.15

    def __post_init__(self) -> None:
        if not (0 < self.share < 1 and 0 < self.hidden < 1):
            raise InputError(
                "ContinuedPretraining's share and hidden must be in (0, 1), got "
                f"{self.share} and {self.hidden}"
            )

    def build(self, net: Net, targets: Targets) -> Net:
        from longshelf.models.text.encoder_net import TextNet, TransformerBody
        from longshelf.models.text.guessing import Guess

        if not isinstance(net, TextNet) or not isinstance(net.body, TransformerBody):
            raise NotApplicable(
                "ContinuedPretraining reads texts with all layers of a transformer; use "
                "transformer(tune='full'), 'lora' or 'prefix' with features: words"
            )
        if net.body.apart:
            raise NotApplicable("ContinuedPretraining reads one text a row; leave out apart=True")
        reader: Any = net
        reader.guess = Guess(reader.stem.table, net.marks, self.hidden)
        return net

    def stages(self) -> Sequence[Stage]:
        return (Stage(self.share, strategy=_Guessing()), Stage(1 - self.share))


@dataclass(frozen=True, kw_only=True)
class _Guessing(Strategy):
    """The loss of guessed words, and of a head that moves nothing below it."""

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        from longshelf.models.text.encoder_net import pool

        reader: Any = net
        guess, body = reader.guess, reader.body
        hidden, wanted = guess.task(batch.x)
        states = body.states(reader.stem(hidden), hidden.mask, hidden.segments)
        batch.embedding = still = pool(states, hidden.mask, body.pooling).detach()
        loss: Tensor = guess(states, wanted) + criterion(reader.head(still), batch)
        return loss
