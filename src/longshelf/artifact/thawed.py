"""From files back to fitted things: only allowed classes, and no call that a file names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.artifact.classes import METHODS, PLAIN, TRUSTED, path_of, resolve
from longshelf.artifact.compression import unpack
from longshelf.artifact.folder import Folder
from longshelf.artifact.special import thaw_encoder, thaw_reader
from longshelf.artifact.tensors import read_tensors
from longshelf.artifact.writing import thaw_chain, thaw_gpt, thaw_pattern
from longshelf.errors import InputError, LongShelfError

__all__ = ["Thawer", "thaw"]

BROKEN = (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError, RecursionError)
"""What reading a graph that is not ours can meet."""


def thaw(folder: Folder, within: str) -> dict[str, Any]:
    """Read what :func:`~longshelf.artifact.frozen.freeze` wrote.

    Parameters
    ----------
    folder : Folder
        A verified artifact.
    within : str
        The folder inside it, such as ``model``.

    Raises
    ------
    InputError
        If a class is not allowed, or the parts do not fit together.
    """
    graph = folder.json(f"{within}/graph.json")
    tensors = read_tensors(folder.path(f"{within}/tensors.safetensors"))
    thawer = Thawer(tensors, lambda name: folder.path(f"{within}/{name}"))
    try:
        return {name: thawer.value(node) for name, node in graph.items()}
    except LongShelfError:
        raise
    except BROKEN as error:
        raise InputError(
            f"{within}/graph.json of artifact {folder.place} does not fit together "
            f"({type(error).__name__}: {error}); export it again"
        ) from error


class Thawer:
    """Walks the graph in the order it was written.

    Parameters
    ----------
    tensors : mapping of name to array
    file : callable
        Where a listed file lies.
    """

    def __init__(self, tensors: Mapping[str, Any], file: Callable[[str], Path]) -> None:
        self.tensors = tensors
        self.file = file
        self.made: dict[int, Any] = {}

    def value(self, node: Any) -> Any:
        """The value of a node."""
        if node is None or isinstance(node, bool | int | float | str):
            return node
        kind = node["is"]
        if kind == "same":
            return self.made[node["as"]]
        if kind == "float":
            return float(node["value"])
        if kind in SHELLS:
            return SHELLS[kind](self, node)
        if kind not in MAKERS:
            raise InputError(
                f"the artifact holds a {kind!r}; known are {', '.join(sorted(MAKERS))}"
            )
        made = self.made[node["number"]] = MAKERS[kind](self, node)
        return made

    def several(self, nodes: Any) -> list[Any]:
        """The values of a list of nodes."""
        return [self.value(node) for node in nodes]


def _scalar(thawer: Thawer, node: Any) -> Any:
    return np.dtype(node["dtype"]).type(thawer.value(node["value"]))


def _texts(thawer: Thawer, node: Any) -> Any:
    values = node["values"]
    if not all(isinstance(one, str) for one in values) or np.dtype(node["dtype"]).kind not in "UO":
        raise InputError("an array of texts holds something else; do not use it")
    return np.array(values, dtype=node["dtype"]).reshape(node["shape"])


def _numbers(thawer: Thawer, node: Any) -> Any:
    if "packed" in node:
        found = unpack(node["packed"], lambda part: thawer.tensors[f"{node['at']}.{part}"])
        return np.asfortranarray(found) if node["turned"] else found
    held = thawer.tensors[node["at"]]
    return held.T if node["turned"] else held


def _tensor(thawer: Thawer, node: Any) -> Any:
    import torch

    held = torch.from_numpy(_numbers(thawer, node))
    return torch.nn.Parameter(held, requires_grad=node["learns"]) if node["parameter"] else held


def _sparse(thawer: Thawer, node: Any) -> Any:
    parts = tuple(thawer.tensors[f"{node['at']}.{p}"] for p in ("data", "indices", "indptr"))
    kind = sp.csr_matrix if node["is"] == "csr" else sp.csc_matrix
    made = kind(parts, shape=tuple(node["shape"]), copy=False)
    made.check_format()
    return made


def _sklearn(thawer: Thawer, node: Any) -> Any:
    from skops.io import get_untrusted_types, load

    path = thawer.file(node["file"])
    strange = set(get_untrusted_types(file=path)) - TRUSTED
    if strange:
        raise InputError(
            f"{node['file']} names {', '.join(sorted(strange))}, which no artifact needs; "
            "do not use it"
        )
    return load(path, trusted=sorted(TRUSTED))


def _booster(thawer: Thawer, node: Any) -> Any:
    from lightgbm import Booster
    from lightgbm.basic import LightGBMError

    try:
        return Booster(model_str=thawer.file(node["file"]).read_text(encoding="utf-8"))
    except LightGBMError as error:
        raise InputError(f"{node['file']} is no LightGBM model: {error}") from error


def _method(thawer: Thawer, node: Any) -> Any:
    owner = thawer.value(node["of"])
    if (path_of(type(owner)), node["name"]) not in METHODS:
        raise InputError(f"the artifact keeps a method {node['name']!r}; do not use it")
    return getattr(owner, node["name"])


def _list(thawer: Thawer, node: Any) -> list[Any]:
    made: list[Any] = []
    thawer.made[node["number"]] = made
    made += thawer.several(node["of"])
    return made


def _dict(thawer: Thawer, node: Any) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    thawer.made[node["number"]] = made
    keys = (tuple(key) if isinstance(key, list) else key for key in node["keys"])
    made.update(zip(keys, thawer.several(node["of"]), strict=True))
    return made


def _object(thawer: Thawer, node: Any) -> Any:
    path, held = node["class"], node["fields"]
    cls = resolve(path)
    name = path.partition(":")[2]
    if is_dataclass(cls):
        wanted = {one.name for one in fields(cls)}
        if set(held) != wanted:
            raise InputError(
                f"a {name} holds {', '.join(sorted(held)) or 'nothing'}; it needs "
                f"{', '.join(sorted(wanted))}. Install the version its manifest says"
            )
    elif path not in PLAIN or any(hasattr(cls, part) for part in held):
        raise InputError(f"a {name} cannot be made of fields; do not use it")
    made = object.__new__(cls)
    thawer.made[node["number"]] = made
    for part, one in held.items():
        object.__setattr__(made, part, thawer.value(one))
    return made


def _module(thawer: Thawer, node: Any) -> Any:
    from torch import Tensor, nn

    cls = resolve(node["class"])
    hidden = [name for name in node["fields"] if callable(getattr(cls, name, None))]
    if hidden or not issubclass(cls, nn.Module):
        raise InputError(
            f"a {cls.__name__} of the artifact replaces {', '.join(hidden) or 'a layer'}; "
            "do not use it"
        )
    made = cls.__new__(cls)
    nn.Module.__init__(made)
    thawer.made[node["number"]] = made
    for name, one in node["fields"].items():
        made.__dict__[name] = thawer.value(one)
    kinds = {"parameters": nn.Parameter, "buffers": Tensor, "modules": nn.Module}
    for part, kind in kinds.items():
        for name, one in node[part].items():
            value = thawer.value(one)
            if value is not None and not isinstance(value, kind):
                raise InputError(f"{name} of a {cls.__name__} is no {kind.__name__}; do not use it")
            made.__dict__[f"_{part}"][name] = value
    made.__dict__["_non_persistent_buffers_set"] = set(node["passing"])
    if isinstance(made, nn.RNNBase):
        made.__dict__["_flat_weight_refs"] = []
        made._init_flat_weights()
    return made.eval()


MAKERS: Mapping[str, Callable[[Thawer, Any], Any]] = {
    "array": _numbers, "chain": thaw_chain, "csc": _sparse, "csr": _sparse,
    "encoder": thaw_encoder, "gpt": thaw_gpt, "pattern": thaw_pattern,
    "frozenset": lambda thawer, node: frozenset(thawer.several(node["of"])),
    "lightgbm": _booster, "method": _method, "reader": thaw_reader, "scalar": _scalar,
    "series": lambda thawer, node: pl.Series(node["name"], node["values"], dtype=pl.String),
    "set": lambda thawer, node: set(thawer.several(node["of"])), "sklearn": _sklearn,
    "tensor": _tensor, "texts": _texts,
    "tuple": lambda thawer, node: tuple(thawer.several(node["of"])),
}  # fmt: skip
"""How a kind of node is read."""

SHELLS: Mapping[str, Callable[[Thawer, Any], Any]] = {
    "dict": _dict, "list": _list, "module": _module, "object": _object,
}  # fmt: skip
"""The same where a value may hold itself: it is known before it is filled."""
