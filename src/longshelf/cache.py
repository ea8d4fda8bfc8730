"""A content-addressed cache of arrays: computed once, read by memory map, limited in size.

An entry is a folder of ``.npy`` files, written beside and renamed, so it is whole or absent and
any number of processes may write at once. No pickle is ever read.
"""

from __future__ import annotations

import errno
import hashlib
import inspect
import json
import os
import shutil
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["Cache", "Latest", "digest", "pack", "unpack"]

Entry = Mapping[str, NDArray[Any]]


class Latest:
    """The last few values of a costly function, in memory, by key; another process begins empty.

    Parameters
    ----------
    size : int >= 1
        Values kept, or what they may weigh together; the one asked for longest ago goes first.
    weigh : callable, optional
        Weight of a value; 1 each if not given. One heavier than ``size`` is not kept.

    Examples
    --------
    >>> squares = Latest(1)
    >>> squares.of(3, lambda: 9), squares.of(3, lambda: 1 / 0)
    (9, 9)
    >>> tables = Latest(20, weigh=lambda table: table.nbytes)
    >>> [len(tables.of(n, lambda: np.zeros(n))) for n in (1, 2, 3)], tables.weight
    ([1, 2, 3], 16)
    """

    def __init__(self, size: int, weigh: Callable[[Any], int] | None = None) -> None:
        self.size, self.weigh = size, weigh or _one
        self.kept, self.weight = OrderedDict[Any, Any](), 0
        self._lock = Lock()

    def of(self, key: Any, compute: Callable[[], Any]) -> Any:
        """The value under a key, computed where it is not kept; threads may ask at once."""
        with self._lock:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key]
        value = compute()
        weight = self.weigh(value)
        with self._lock:
            if key not in self.kept and weight <= self.size:
                self.kept[key] = value
                self.weight += weight
            while self.weight > self.size:
                self.weight -= self.weigh(self.kept.popitem(last=False)[1])
        return value

    def forget(self) -> None:
        """Keep nothing."""
        with self._lock:
            self.kept.clear()
            self.weight = 0

    def __getstate__(self) -> tuple[int, Callable[[Any], int]]:
        return self.size, self.weigh

    def __setstate__(self, state: tuple[int, Callable[[Any], int]]) -> None:
        Latest.__init__(self, *state)


def _one(value: Any) -> int:
    return 1


def digest(*parts: Any) -> str:
    """A hash of values: scalars, containers, arrays, sparse matrices, frames, dataclasses.

    Fields of a dataclass that do not compare are left out.

    Examples
    --------
    >>> digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    True
    """
    sink = hashlib.sha256()
    for part in parts:
        _feed(sink, part)
    return sink.hexdigest()[:32]


def _feed(sink: Any, part: Any) -> None:
    sink.update(type(part).__name__.encode())
    if isinstance(part, np.ndarray):
        sink.update(f"{part.dtype}{part.shape}".encode())
        if part.dtype.hasobject:
            _feed(sink, part.tolist())
        else:
            sink.update(np.ascontiguousarray(part).data)
    elif sp.issparse(part):
        rows = part.tocsr()
        for piece in (np.asarray(rows.shape), rows.indptr, rows.indices, rows.data):
            _feed(sink, piece)
    elif isinstance(part, pl.DataFrame):
        for column in part.columns:
            sink.update(f"{column}\0{part[column].dtype}\0{part.height}\0".encode())
            _feed_series(sink, part[column])
    elif is_dataclass(part) and not isinstance(part, type):
        sink.update(type(part).__qualname__.encode())
        for field in fields(part):
            if field.compare:
                sink.update(field.name.encode())
                _feed(sink, getattr(part, field.name))
    elif isinstance(part, Mapping):
        for key in sorted(part, key=repr):
            _feed(sink, key)
            _feed(sink, part[key])
    elif isinstance(part, list | tuple):
        sink.update(str(len(part)).encode())
        for item in part:
            _feed(sink, item)
    else:
        sink.update(repr(part).encode())


def _feed_series(sink: Any, series: pl.Series) -> None:
    """Values and gaps of a column, however its buffers lie in memory."""
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
        _feed(sink, series.to_list())


def pack(X: Any) -> dict[str, NDArray[Any]]:
    """A matrix as the arrays of one entry."""
    if sp.issparse(X):
        rows = X.tocsr()
        shape = np.asarray(rows.shape)
        return {"data": rows.data, "indices": rows.indices, "indptr": rows.indptr, "shape": shape}
    return {"dense": np.asarray(X)}


def unpack(entry: Entry) -> Any:
    """The matrix :func:`pack` was given."""
    if "dense" in entry:
        return entry["dense"]
    parts = (entry["data"], entry["indices"], entry["indptr"])
    return sp.csr_matrix(parts, shape=tuple(entry["shape"]), copy=False)


@dataclass(frozen=True)
class Cache:
    """Entries under a folder, the least recently used dropped when the limit is passed.

    Parameters
    ----------
    folder : Path
    limit : int, bytes, default 10 GiB
    """

    folder: Path
    limit: int = 10 * 2**30

    @classmethod
    def default(cls) -> Cache:
        """The user's cache folder, or ``LONGSHELF_CACHE``; limit in GiB from ``LONGSHELF_CACHE_GB``."""
        from platformdirs import user_cache_path

        folder = Path(os.environ.get("LONGSHELF_CACHE") or user_cache_path("longshelf"))
        return cls(folder, int(float(os.environ.get("LONGSHELF_CACHE_GB", "10")) * 2**30))

    def get(self, key: str) -> Entry | None:
        """The entry's arrays, memory-mapped, or None; an entry that cannot be read is dropped."""
        place = self.folder / key[:2] / key
        there = place.exists()
        try:
            names = json.loads((place / "entry.json").read_text())
            entry = {name: np.load(place / f"{name}.npy", mmap_mode="r") for name in names}
            os.utime(place)
        except (OSError, ValueError):
            if there:
                shutil.rmtree(place, ignore_errors=True)
            return None
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Store the arrays; a second writer of the same key changes nothing."""
        place = self.folder / key[:2] / key
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".beside-", dir=place.parent))
        try:
            for name, array in entry.items():
                np.save(beside / f"{name}.npy", np.asarray(array), allow_pickle=False)
            (beside / "entry.json").write_text(json.dumps(list(entry)))
            beside.rename(place)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        self.trim()

    def of(self, key: str, compute: Callable[[], Entry]) -> Entry:
        """The entry, computed and stored if it is not there."""
        found = self.get(key)
        if found is not None:
            return found
        made = compute()
        self.put(key, made)
        return self.get(key) or made

    def size(self) -> int:
        """Bytes held."""
        return sum(size for _, _, size in self._entries())

    def trim(self) -> None:
        """Drop the least recently used entries, and abandoned writes, until the limit holds."""
        for leftover in self.folder.glob("*/.beside-*"):
            with suppress(FileNotFoundError):
                if time.time() - leftover.stat().st_mtime > 3600:
                    shutil.rmtree(leftover, ignore_errors=True)
        entries = sorted(self._entries(), key=lambda entry: entry[1])
        excess = sum(size for _, _, size in entries) - self.limit
        for place, _, size in entries:
            if excess <= 0:
                break
            shutil.rmtree(place, ignore_errors=True)
            excess -= size

    def _entries(self) -> list[tuple[Path, float, int]]:
        found = []
        for place in self.folder.glob("*/[0-9a-f]*"):
            try:
                size = sum(file.stat().st_size for file in place.iterdir())
                found.append((place, place.stat().st_mtime, size))
            except OSError:
                continue
        return found


def code_hash(*things: Any) -> str:
    """A hash of the source behind classes or modules, docstrings and comments excluded."""
    return text_hash(*(inspect.cleandoc("\n" + inspect.getsource(thing)) for thing in things))


def text_hash(*sources: str) -> str:
    """The same of Python source at hand."""
    import ast

    sink = hashlib.sha256()
    for source in sources:
        tree = ast.parse(source)
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            first = body[0] if isinstance(body, list) and body else None
            said = first.value if isinstance(first, ast.Expr) else None
            if isinstance(said, ast.Constant) and isinstance(said.value, str):
                said.value = ""
        sink.update(ast.dump(tree).encode())
    return sink.hexdigest()[:16]
