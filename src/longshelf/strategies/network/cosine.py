"""Cosine scores in place of dot products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longshelf.errors import NotApplicable
from longshelf.tables import Targets

if TYPE_CHECKING:
    from longshelf.models.network import Net

__all__ = ["with_cosine"]


def with_cosine(net: Net, targets: Targets, scale: float, name: str) -> Net:
    """The network with a scaled cosine as its head.

    Parameters
    ----------
    net : Net
        With a linear head.
    targets : Targets
        One row of the head each.
    scale : float
        What cosines are multiplied by.
    name : str
        Of the remedy, for the message.

    Raises
    ------
    NotApplicable
        If the head is not linear, or the target is a value.
    """
    from longshelf.models.network import CosineHead, LinearHead

    head = net.head
    if targets.kind == "value":
        raise NotApplicable(f"{name} compares targets; a value has none")
    if not isinstance(head, LinearHead):
        raise NotApplicable(f"{name} replaces a linear head and this network has none")
    net.head = CosineHead(head.weight.shape[1], len(targets), scale, sparse=head.sparse)
    return net
