"""The bytes inside a plain, gzipped or zipped file."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import Path

from longshelf.errors import InputError

__all__ = ["inner_name", "stream", "unpacked"]


def unpacked(path: Path, member: str = "") -> bytes:
    """The content of a file, whatever it is packed in.

    Parameters
    ----------
    path : Path
        A plain file, or one ending in ``.gz`` or ``.zip``.
    member : str
        Name of the file inside a zip; empty takes the only one.

    Raises
    ------
    InputError
        A damaged archive, an encrypted one, or a zip with several files and no name given.
    """
    try:
        if path.suffix.lower() == ".gz":
            return gzip.decompress(path.read_bytes())
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                return archive.read(_member(archive, path, member))
    except (gzip.BadGzipFile, zipfile.BadZipFile, EOFError, zlib.error, RuntimeError) as error:
        raise InputError(
            f"cannot unpack {path}: {error}; the archive is damaged, cut short or encrypted"
        ) from error
    return path.read_bytes()


def inner_name(path: Path, member: str = "") -> str:
    """The name of the table inside the packing: ``a.csv`` for ``a.csv.gz``."""
    if path.suffix.lower() == ".gz":
        return path.stem
    if path.suffix.lower() == ".zip":
        try:
            with zipfile.ZipFile(path) as archive:
                return _member(archive, path, member)
        except zipfile.BadZipFile as error:
            raise InputError(f"cannot unpack {path}: {error}; the archive is damaged") from error
    return path.name


def _member(archive: zipfile.ZipFile, path: Path, member: str) -> str:
    names = [
        name
        for name in archive.namelist()
        if not name.endswith("/") and not Path(name).name.startswith(".") and "__MACOSX" not in name
    ]
    wanted = [name for name in names if not member or Path(name).name == member]
    if len(wanted) == 1:
        return wanted[0]
    raise InputError(
        f"{path} holds {len(names)} files ({', '.join(names[:5]) or 'none'}), wanted "
        f"{member or 'exactly one'}; unpack it and name the table"
    )


def stream(path: Path, member: str = "") -> io.BytesIO:
    """The content as a file in memory."""
    return io.BytesIO(unpacked(path, member))
