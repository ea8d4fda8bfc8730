"""A hash of columns by what they hold, not by how their buffers happen to lie in memory."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

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
    return digest(frame if columns is None else frame.select(columns))


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
