"""An artifact's folder: written whole or not at all, and read only where every hash holds."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from longshelf.errors import InputError

__all__ = ["FORMAT", "KINDS", "Folder", "assemble", "drafted", "open_folder"]

FORMAT = 1
KINDS = ("classify", "recommend", "write")

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_HEADER = ("format", "kind", "name", "version", "created", "files")


@dataclass(frozen=True)
class Folder:
    """A verified folder.

    Parameters
    ----------
    place : Path
    manifest : mapping
        As ``manifest.json`` says.
    """

    place: Path
    manifest: Mapping[str, Any]

    def path(self, name: str) -> Path:
        """Where a listed file lies.

        Raises
        ------
        InputError
            If the manifest does not list it.
        """
        if name not in self.manifest["files"]:
            raise InputError(f"artifact {self.place} has no {name}; export it again")
        return self.place / name

    def json(self, name: str) -> dict[str, Any]:
        """A listed JSON object."""
        return read_object(self.path(name))


def assemble(
    folder: str | Path,
    kind: str,
    name: str,
    write: Callable[[Path], None],
    *,
    replace: bool = False,
) -> Path:
    """Write an artifact beside its place and rename it: a reader sees it whole or not at all.

    Parameters
    ----------
    folder : str or Path
        Where it shall lie.
    kind : {"classify", "recommend", "write"}
        What it does.
    name : str
        Of the cell, as tables print it.
    write : callable
        Fills the folder it is given; the manifest is made of what it wrote.
    replace : bool, default False
        Take the place of an artifact that is there.

    Raises
    ------
    InputError
        If something is there already that may not be replaced.
    """
    place = Path(folder)
    held = place.exists() and (not place.is_dir() or any(place.iterdir()))
    if held and not (replace and (place / "manifest.json").exists()):
        what = "an artifact" if (place / "manifest.json").exists() else "something"
        hint = "choose another folder, or replace it (--replace)" if what != "something" else ""
        raise InputError(f"{place} holds {what} already; {hint or 'choose another folder'}")
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        beside.chmod(0o755)
        write(beside)
        manifest = _manifest(beside, kind, name)
        (beside / "manifest.json").write_text(
            json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        _take_place(beside, place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return place


def _manifest(beside: Path, kind: str, name: str) -> dict[str, Any]:
    files = sorted(path for path in beside.rglob("*") if path.is_file())
    return {
        "format": FORMAT,
        "kind": kind,
        "name": name,
        "version": metadata.version("longshelf"),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": {path.relative_to(beside).as_posix(): _said(path) for path in files},
    }


def _said(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": digest, "bytes": path.stat().st_size}


def _take_place(beside: Path, place: Path) -> None:
    for path in beside.rglob("*"):
        if path.is_file():
            _flush(path)
    if place.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{place.name}-old-", dir=place.parent))
        place.rename(old / "before")
        beside.rename(place)
        shutil.rmtree(old, ignore_errors=True)
    else:
        beside.rename(place)
    _flush(place.parent)


def _flush(path: Path) -> None:
    """Push a file or folder to the disk, so that a rename never outruns what it renames."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_folder(folder: str | Path) -> Folder:
    """Read and verify a manifest, and every file it lists.

    Raises
    ------
    InputError
        If there is no manifest, it is not of this format, or a file is missing, changed or outside.
    """
    place = Path(folder)
    if not (place / "manifest.json").is_file():
        raise InputError(
            f"{place} is no artifact: it has no manifest.json; make one with: "
            "longshelf export RUN CELL -o FOLDER"
        )
    manifest = read_object(place / "manifest.json")
    _check_header(place, manifest)
    for name, said in manifest["files"].items():
        _check_file(place, name, said)
    return Folder(place, manifest)


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not readable JSON: {error}; export it again") from error
    if not isinstance(read, dict):
        raise InputError(f"{path} must hold a JSON object; export it again")
    return read


def _check_header(place: Path, manifest: Mapping[str, Any]) -> None:
    absent = [key for key in _HEADER if key not in manifest]
    if absent:
        raise InputError(f"the manifest of {place} lacks {', '.join(absent)}; export it again")
    if manifest["format"] != FORMAT or manifest["kind"] not in KINDS:
        raise InputError(
            f"artifact {place} is of format {manifest['format']!r} and kind {manifest['kind']!r}; "
            f"this version reads format {FORMAT} and kinds {', '.join(KINDS)}"
        )
    if not isinstance(manifest["files"], dict):
        raise InputError(f"the manifest of {place} must list its files; export it again")


def _check_file(place: Path, name: str, said: Any) -> None:
    if not _NAME.fullmatch(name) or ".." in name.split("/"):
        raise InputError(f"the manifest of {place} names a file outside of it: {name!r}")
    path = place / name
    if path.is_symlink() or not path.resolve().is_relative_to(place.resolve()):
        raise InputError(f"{name} of artifact {place} is a link out of it")
    if not path.is_file():
        raise InputError(f"artifact {place} lacks {name}; copy it whole, or export it again")
    if not isinstance(said, dict) or set(said) != {"sha256", "bytes"}:
        raise InputError(f"the manifest of {place} says no hash and size of {name}")
    size = path.stat().st_size
    if size != said["bytes"]:
        raise InputError(
            f"{name} of artifact {place} has {size:,} bytes, and the manifest says "
            f"{said['bytes']}; copy it whole, or export it again"
        )
    if _said(path)["sha256"] != said["sha256"]:
        raise InputError(
            f"{name} of artifact {place} was changed: its hash is not the one the manifest says; "
            "export it again"
        )


def drafted(place: Path) -> Folder:
    """A folder that is still being written, readable as it stands."""
    files = [path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()]
    return Folder(place, {"files": dict.fromkeys(files)})
