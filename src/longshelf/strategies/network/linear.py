"""What a remedy that rebuilds the head may rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longshelf.errors import NotApplicable
from longshelf.tables import Targets

if TYPE_CHECKING:
    from longshelf.models.network import LinearHead, Net

__all__ = ["linear_head"]


def linear_head(net: Net, targets: Targets, name: str) -> LinearHead:
    """The network's linear head over dense embeddings.

    Raises
    ------
    NotApplicable
        If it has another, if its inputs are sparse rows, or if rows have other than one target.
    """
    from longshelf.models.network import LinearHead

    if targets.kind not in ("class", "item"):
        raise NotApplicable(f"{name} needs one target per row, not {targets.kind} targets")
    head = net.head
    if not isinstance(head, LinearHead) or head.sparse:
        raise NotApplicable(f"{name} reads the vectors of a dense linear head; this has none")
    return head
