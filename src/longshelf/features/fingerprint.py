"""A hash of columns by what they hold, not by how their buffers happen to lie in memory."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Hashable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import numpy as np
import polars as pl

from longshelf.cache import code_hash, digest
from longshelf.tables import Rows

__all__ = ["code_of", "frame_hash", "rows_hash"]


def frame_hash(frame: pl.DataFrame, columns: Sequence[str] | None = None) -> str:
    """Hash of columns: names, kinds, values and gaps; equal frames have equal hashes.

    Examples
    --------
    >>> frame = pl.DataFrame({"a": ["x", "y", None]})
    >>> frame_hash(frame[[2, 0]]) == frame_hash(pl.DataFrame({"a": [None, "x"]}))
    True
    """
    sink = hashlib.blake2b(digest_size=16)
    for name in frame.columns if columns is None else columns:
        series = frame[name].rechunk()
        sink.update(f"{name}\0{series.dtype}\0{len(series)}\0".encode())
        _feed(sink, series)
    return sink.hexdigest()


def _feed(sink: Any, series: pl.Series) -> None:
    if series.null_count():
        sink.update(np.packbits(series.is_null().to_numpy()).data)
    kind = series.dtype
    if kind.is_numeric() or kind.is_temporal() or kind == pl.Boolean:
        values = series.to_physical().fill_null(0 if kind != pl.Boolean else False).to_numpy()
        sink.update(np.ascontiguousarray(values).data)
    elif kind in (pl.String, pl.Categorical, pl.Enum):
        filled = series.cast(pl.String).fill_null("")
        sink.update(np.ascontiguousarray(filled.str.len_bytes().to_numpy()).data)
        sink.update("".join(filled.to_list()).encode())
    else:
        sink.update(digest(series.to_list()).encode())


def rows_hash(rows: Rows, *, labels: bool) -> str:
    """Hash of a part's inputs, and of its labels and ids where features read those."""
    inputs = frame_hash(rows.inputs)
    return digest(inputs, rows.id, rows.y, rows.code) if labels else inputs


def code_of(cls: type) -> str:
    """Hash of the code behind features: their module, or the whole package where it is ours."""
    home = cls.__module__
    return _code(home if home.startswith("longshelf.features") else "", home, cls)


@cache
def _code(package: str, home: str, cls: Hashable) -> str:
    if package:
        path = Path(__file__).parent
        names = sorted(module.name for module in iter_modules([str(path)]))
        return code_hash(*(import_module(f"longshelf.features.{name}") for name in names))
    try:
        return code_hash(sys.modules.get(home))
    except (OSError, TypeError):
        return code_hash(cls)
