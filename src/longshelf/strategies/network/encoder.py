"""What lies below the head of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longshelf.errors import NotApplicable

if TYPE_CHECKING:
    from longshelf.models.network import Net

__all__ = ["needs_encoder"]


def needs_encoder(net: Net, why: str) -> None:
    """Refuse a network that learns nothing below its head.

    Parameters
    ----------
    net : Net
        As the model made it.
    why : str
        What wants an encoder, as a clause.

    Raises
    ------
    NotApplicable
    """
    if not any(True for _ in (*net.stem.parameters(), *net.body.parameters())):
        raise NotApplicable(f"{why} and this model has none below its head")
