"""Which saved models a cell's components name, and what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["weights_of"]


def weights_of(*components: Any) -> dict[str, str]:
    """Hash of the files of every local model folder the components name, by folder.

    A folder saved again under the same name is another model, and its cells are others.

    Parameters
    ----------
    *components : dataclasses, tuples of them, or anything else
        Their string fields are looked at, and those of what they hold.
    """
    return {str(folder): _content(folder, _state(folder)) for folder in _folders(components)}


def _folders(part: Any) -> Iterator[Path]:
    if is_dataclass(part) and not isinstance(part, type):
        for field in fields(part):
            yield from _folders(getattr(part, field.name, None))
    elif isinstance(part, tuple | list):
        for piece in part:
            yield from _folders(piece)
    elif isinstance(part, str) and "\n" not in part and len(part) < 4096:
        folder = Path(part).expanduser()
        if (folder / "config.json").is_file():
            yield folder


def _state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    files = sorted(file for file in folder.iterdir() if file.is_file())
    return tuple((f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files)


@cache
def _content(folder: Path, state: tuple[tuple[str, int, int], ...]) -> str:
    sink = hashlib.sha256()
    for name, size, _ in state:
        sink.update(f"{name}\0{size}\0".encode())
        with (folder / name).open("rb") as file:
            sink.update(hashlib.file_digest(file, "sha256").digest())
    return sink.hexdigest()[:32]
