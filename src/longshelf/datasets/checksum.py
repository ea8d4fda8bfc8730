"""SHA-256 of files, remembered by size and time so that a large file is hashed once."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

__all__ = ["sha256"]

SMALL = 2**20


def sha256(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal.

    Over 1 MiB the answer is kept in ``sha256.json`` in the cache folder, under the file's path,
    size and modification time; a changed file is hashed again.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "empty"
    ...     _ = path.write_bytes(b"")
    ...     sha256(path)[:16]
    'e3b0c44298fc1c14'
    """
    state = path.stat()
    if state.st_size < SMALL:
        return _computed(path)
    key, mark = str(path.resolve()), [state.st_size, state.st_mtime_ns]
    memory = _memory()
    entry = _read(memory).get(key)
    if isinstance(entry, list) and entry[:2] == mark:
        return str(entry[2])
    value = _computed(path)
    _write(memory, {**_read(memory), key: [*mark, value]})
    return value


def _computed(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _memory() -> Path:
    from longshelf.cache import Cache

    return Cache.default().folder / "sha256.json"


def _read(memory: Path) -> dict[str, object]:
    try:
        known = json.loads(memory.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(memory: Path, known: dict[str, object]) -> None:
    """Written beside and renamed; a cache folder that cannot be written costs only time."""
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=memory.parent, prefix=".sha256-")
        with os.fdopen(handle, "w") as stream:
            json.dump(known, stream)
        Path(beside).replace(memory)
    except OSError:
        return
