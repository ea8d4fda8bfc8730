"""How weights are kept in the file: whole, as eight bits, or without the smallest of them.

What is compressed is what lies on the disk and travels. A reader unpacks it once, at load, and
computes in float32 as before: answers take as long as they did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from longshelf.artifact.classes import path_of
from longshelf.artifact.int8 import dequantised, quantised
from longshelf.artifact.prune import pruned
from longshelf.errors import InputError
from longshelf.tables import BoolArray

__all__ = ["Compression", "Packed", "rows_of", "unpack"]

LEAST = 256
"""Weights from which a matrix is worth packing."""

CHANNELS: Mapping[str, Mapping[str, int]] = {
    "longshelf.models.base:Head": {"weight": 0},
    "longshelf.models.classify.crossing:FactorBody": {"vectors": 0, "slopes": 0},
    "longshelf.models.classify.name_similarity:FittedSimilarity": {"classes": 0},
    "longshelf.models.network:SparseStem": {"weight": 1},
    "longshelf.models.text.encoder_net:TokenStem": {"table": 0},
    "torch.nn.modules.linear:Linear": {"weight": 0},
    "torch.nn.modules.sparse:Embedding": {"weight": 0},
}
"""Weights that may be packed, and the axis along which their outputs lie."""

TABLES = ("longshelf.models.network:LinearHead", "longshelf.models.network:CosineHead")


@dataclass(frozen=True, kw_only=True)
class Compression:
    """What is done to the weights of linear layers and tables of vectors.

    Parameters
    ----------
    int8 : bool, default False
        Keep eight bits of each, with a scale per output.
    prune : float in [0, 1), default 0.0
        Share of each matrix that is set to 0, the smallest first.

    Raises
    ------
    InputError
        If ``prune`` is out of range.

    Examples
    --------
    >>> bool(Compression()), bool(Compression(int8=True))
    (False, True)
    """

    int8: bool = False
    prune: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.prune < 1:
            raise InputError(f"the share to prune must be in [0, 1), got {self.prune}")

    def __bool__(self) -> bool:
        return self.int8 or self.prune > 0

    def axis(self, owner: Any, name: str) -> int | None:
        """Axis of the outputs of a weight that may be packed, else None."""
        path = path_of(type(owner))
        if path in TABLES and name == "table":
            return 1 if owner.sparse else 0
        if path.startswith("torch.nn.modules.rnn:") and name.startswith("weight_"):
            return 0
        return CHANNELS.get(path, {}).get(name)

    def pack(self, weight: Any, axis: int) -> Packed | None:
        """A weight as it is stored; None where it stays as it is."""
        small = weight.ndim != 2 or weight.size < LEAST or weight.dtype.kind != "f"
        if small or not self:
            return None
        kept: Any = pruned(weight, self.prune)
        about: dict[str, Any] = {"shape": list(weight.shape), "dtype": weight.dtype.str}
        tensors: dict[str, Any] = {}
        if self.int8:
            kept, tensors["scale"] = quantised(kept, axis)
        if self.prune:
            held = kept != 0
            tensors["held"] = np.packbits(held)
            tensors["values"] = kept[held]
        else:
            tensors["values"] = np.ascontiguousarray(kept)
        return Packed(tensors, {**about, "int8": self.int8, "pruned": bool(self.prune)})


@dataclass(frozen=True)
class Packed:
    """A weight's tensors, and how they are to be read.

    Parameters
    ----------
    tensors : mapping of name to array
    about : mapping
        JSON.
    """

    tensors: Mapping[str, Any]
    about: Mapping[str, Any]


def unpack(about: Mapping[str, Any], tensor: Callable[[str], Any]) -> Any:
    """The float weights that :meth:`Compression.pack` stored.

    Raises
    ------
    InputError
        If the stored parts do not fit together.
    """
    shape, values = tuple(about["shape"]), tensor("values")
    if about["pruned"]:
        size = int(np.prod(shape))
        held = np.unpackbits(tensor("held"), count=size).astype(bool)
        if held.sum() != len(values):
            raise InputError("a pruned weight does not fit its mask; export it again")
        full = np.zeros(size, values.dtype)
        full[held] = values
        values = full
    values = values.reshape(shape)
    return dequantised(values, tensor("scale")) if about["int8"] else values


def rows_of(
    about: Mapping[str, Any], tensors: Mapping[str, Any], kept: BoolArray
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Some rows of a packed weight whose scales are by row, bit by bit as they were.

    Parameters
    ----------
    about : mapping
        As :class:`Packed` has it.
    tensors : mapping of name to array
        Its tensors; others with a row each, such as a column kept whole, are cut as well.
    kept : (n,) bool array
        Which rows.

    Returns
    -------
    tensors, about : dict, dict
    """
    n, width = about["shape"]
    by_row = {name: held[kept] for name, held in tensors.items() if name not in ("values", "held")}
    if not about["pruned"]:
        values = {"values": tensors["values"].reshape(n, width)[kept]}
    else:
        held = np.unpackbits(tensors["held"], count=n * width).astype(bool).reshape(n, width)
        owner = np.nonzero(held)[0]
        values = {"values": tensors["values"][kept[owner]], "held": np.packbits(held[kept])}
    return {**by_row, **values}, {**about, "shape": [int(kept.sum()), width]}
