"""Everything fitted, as files: a graph in JSON, numbers in safetensors, and never a pickle.

Objects of allowed classes become their class and their fields. Arrays, sparse matrices and
parameters lie in one safetensors file. scikit-learn goes through skops, LightGBM as its own text,
a pretrained encoder as its name and the hash of its weights. What cannot be frozen is an error
that says where it sits.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from types import MethodType
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.artifact.classes import METHODS, PLAIN, allowed, path_of
from longshelf.artifact.compression import Compression
from longshelf.artifact.special import freeze_special
from longshelf.artifact.tensors import write_tensors
from longshelf.artifact.writing import freeze_writing
from longshelf.errors import InputError

__all__ = ["Freezer", "freeze"]

MODULE_STATE = frozenset({"_parameters", "_buffers", "_modules", "_non_persistent_buffers_set"})
HOOKS = ("hooks", "hook")
DERIVED = frozenset({"_flat_weights", "_flat_weight_refs"})
"""What a recurrent layer makes of its own parameters."""


def freeze(things: Mapping[str, Any], folder: Path, compression: Compression | None = None) -> None:
    """Write fitted things into an empty folder.

    Parameters
    ----------
    things : mapping of name to object
        Such as ``{"features": …, "fitted": …}``.
    folder : Path
        Gets ``graph.json``, ``tensors.safetensors`` and a file per foreign object.
    compression : Compression or None
        How weights are kept; None keeps every bit.

    Raises
    ------
    InputError
        If something cannot be frozen, saying where it sits.
    """
    folder.mkdir(parents=True, exist_ok=True)
    freezer = Freezer(folder, compression or Compression())
    graph = {name: freezer.node(thing, name) for name, thing in things.items()}
    write_tensors(folder / "tensors.safetensors", freezer.tensors)
    (folder / "graph.json").write_text(
        json.dumps(graph, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )


@dataclass
class Freezer:
    """Walks a graph once; what is met twice is kept once.

    Parameters
    ----------
    folder : Path
        For files of foreign objects.
    compression : Compression
    """

    folder: Path
    compression: Compression
    tensors: dict[str, Any] = field(default_factory=dict)
    met: dict[int, int] = field(default_factory=dict)
    alive: list[Any] = field(default_factory=list)

    def node(self, value: Any, where: str, axis: int | None = None) -> Any:
        """One value as JSON.

        Parameters
        ----------
        value : object
            What to write.
        where : str
            Its place in the graph, for errors and for the names of its tensors.
        axis : int or None
            Output channels of a weight that may be compressed.
        """
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"is": "float", "value": repr(value)}
        if id(value) in self.met:
            return {"is": "same", "as": self.met[id(value)]}
        number = self.met[id(value)] = len(self.alive)
        self.alive.append(value)
        return {"number": number, **self._compound(value, where, axis)}

    def _compound(self, value: Any, where: str, axis: int | None) -> dict[str, Any]:
        if isinstance(value, np.generic):
            return {
                "is": "scalar",
                "dtype": value.dtype.str,
                "value": self.node(value.item(), where),
            }
        if isinstance(value, np.ndarray):
            return self._array(value, where, axis)
        if sp.issparse(value):
            return self._sparse(value, where)
        if isinstance(value, pl.Series):
            return self._series(value, where)
        if type(value) in (list, tuple, set, frozenset):
            return self._sequence(value, where)
        if type(value) is dict:
            return self._mapping(value, where)
        special = freeze_special(self, value, where) or freeze_writing(self, value, where)
        if special is not None:
            return special
        home = type(value).__module__
        if _is_torch_tensor(value):
            return self._tensor(value, where, axis)
        if home.startswith("sklearn."):
            return self._sklearn(value, where)
        if home.startswith("lightgbm."):
            return self._booster(value, where)
        if isinstance(value, MethodType):
            return self._method(value, where)
        return self._object(value, where)

    def _array(self, value: Any, where: str, axis: int | None) -> dict[str, Any]:
        if value.dtype.kind in "UO":
            flat = value.ravel().tolist()
            if not all(isinstance(one, str) for one in flat):
                raise _unfrozen(where, value, "an array of objects that are not texts")
            kind = value.dtype.str if value.dtype.kind == "U" else "O"
            return {"is": "texts", "dtype": kind, "shape": list(value.shape), "values": flat}
        if value.dtype.kind not in "biuf":
            raise _unfrozen(where, value, f"numbers of type {value.dtype}")
        return {"is": "array", **self._numbers(value, where, axis)}

    def _numbers(self, value: Any, where: str, axis: int | None) -> dict[str, Any]:
        """An array's own numbers, whole or compressed; how it lay in memory is kept."""
        turned = value.ndim == 2 and value.flags.f_contiguous and not value.flags.c_contiguous
        packed = None if axis is None else self.compression.pack(value, axis)
        if packed is not None:
            for part, held in packed.tensors.items():
                self.tensors[f"{where}.{part}"] = held
            return {"at": where, "turned": turned, "packed": packed.about}
        base = value.T if turned else value
        self.tensors[where] = base
        return {"at": where, "turned": turned}

    def _tensor(self, value: Any, where: str, axis: int | None) -> dict[str, Any]:
        import torch

        if value.dtype == torch.bfloat16 or value.is_sparse or value.is_quantized:
            raise _unfrozen(where, value, f"a {value.layout} tensor of {value.dtype}")
        numbers = value.detach().cpu().numpy()
        about = self._numbers(numbers, where, axis)
        learns = isinstance(value, torch.nn.Parameter)
        return {"is": "tensor", "parameter": learns, "learns": bool(value.requires_grad), **about}

    def _sparse(self, value: Any, where: str) -> dict[str, Any]:
        if value.format not in ("csr", "csc"):
            raise _unfrozen(where, value, f"a {value.format} matrix")
        for part in ("data", "indices", "indptr"):
            self.tensors[f"{where}.{part}"] = getattr(value, part)
        return {"is": value.format, "at": where, "shape": list(value.shape)}

    def _series(self, value: pl.Series, where: str) -> dict[str, Any]:
        if value.dtype != pl.String or value.null_count():
            raise _unfrozen(where, value, f"a column of {value.dtype}")
        return {"is": "series", "name": value.name, "values": value.to_list()}

    def _sequence(self, value: Any, where: str) -> dict[str, Any]:
        ordered = sorted(value) if isinstance(value, set | frozenset) else value
        held = [self.node(one, f"{where}[{i}]") for i, one in enumerate(ordered)]
        return {"is": type(value).__name__, "of": held}

    def _mapping(self, value: dict[Any, Any], where: str) -> dict[str, Any]:
        if all(map(_is_key, value)):
            held = [self.node(one, f"{where}[{key}]") for key, one in value.items()]
            return {"is": "dict", "keys": list(value), "of": held}
        raise _unfrozen(where, value, "a mapping by other keys than texts and whole numbers")

    def _sklearn(self, value: Any, where: str) -> dict[str, Any]:
        from zipfile import ZIP_DEFLATED

        from skops.io import dump

        name = f"{len(self.alive)}.skops"
        dump(value, self.folder / name, compression=ZIP_DEFLATED)
        return {"is": "sklearn", "file": name}

    def _booster(self, value: Any, where: str) -> dict[str, Any]:
        name = f"{len(self.alive)}.lightgbm.txt"
        (self.folder / name).write_text(value.model_to_string(), encoding="utf-8")
        return {"is": "lightgbm", "file": name}

    def _method(self, value: MethodType, where: str) -> dict[str, Any]:
        owner, name = value.__self__, value.__func__.__name__
        if (path_of(type(owner)), name) not in METHODS:
            raise _unfrozen(where, value, "a method")
        return {"is": "method", "of": self.node(owner, where), "name": name}

    def _object(self, value: Any, where: str) -> dict[str, Any]:
        path = path_of(type(value))
        if isinstance(value, type) or not allowed(path):
            raise _unfrozen(where, value, f"a {path.replace(':', '.')}")
        if _is_torch_module(value):
            return self._module(value, where)
        if is_dataclass(value):
            return self.whole(value, where)
        if path in PLAIN:
            names = list(vars(value))
        else:
            raise _unfrozen(where, value, f"a {path.replace(':', '.')}")
        held = {name: self._part(value, name, where) for name in names}
        return {"is": "object", "class": path, "fields": held}

    def whole(self, value: Any, where: str) -> dict[str, Any]:
        """A dataclass: its class and all of its fields."""
        held = {one.name: self._part(value, one.name, where) for one in fields(value)}
        return {"is": "object", "class": path_of(type(value)), "fields": held}

    def _part(self, owner: Any, name: str, where: str) -> Any:
        return self.node(
            getattr(owner, name), f"{where}.{name}", self.compression.axis(owner, name)
        )

    def _module(self, value: Any, where: str) -> dict[str, Any]:
        own = vars(value)
        kept = {}
        for name, held in own.items():
            if name in MODULE_STATE or name in DERIVED or name == "training":
                continue
            if name.endswith(HOOKS) or (name.startswith("_") and "hook" in name):
                if held:
                    raise _unfrozen(f"{where}.{name}", held, "a hook on a layer")
                continue
            kept[name] = self.node(held, f"{where}.{name}")
        parts = {
            part: {name: self._part(value, name, where) for name in own[f"_{part}"]}
            for part in ("parameters", "buffers", "modules")
        }
        passing = sorted(own["_non_persistent_buffers_set"])
        return {
            "is": "module", "class": path_of(type(value)), "fields": kept, **parts,
            "passing": passing,
        }  # fmt: skip


def _is_key(key: Any) -> bool:
    """Whether JSON keeps it: a text, a whole number, or several texts."""
    several = type(key) is tuple and all(type(part) is str for part in key)
    return several or type(key) in (str, int)


def _is_torch_module(value: Any) -> bool:
    return any(path_of(one) == "torch.nn.modules.module:Module" for one in type(value).__mro__)


def _is_torch_tensor(value: Any) -> bool:
    return any(path_of(one) == "torch:Tensor" for one in type(value).__mro__)


def _unfrozen(where: str, value: Any, what: str) -> InputError:
    return InputError(
        f"{where} is {what}, which cannot be frozen; what can: numbers, texts, arrays, sparse "
        "matrices, learned parts of longshelf, layers of torch.nn, scikit-learn and LightGBM"
    )
