"""Listing a file twice: as its publisher serves it, and gzipped."""

from __future__ import annotations

from longshelf.datasets.base import DataFile

__all__ = ["plain_or_packed"]


def plain_or_packed(
    name: str, plain: str, packed: str = "", *, address: str = "", part: str = "rows"
) -> tuple[DataFile, ...]:
    """The entries under which one published file may lie in the data folder.

    Parameters
    ----------
    name : str
        Path inside the folder of the data set, as published.
    plain : str
        sha256 of the published file.
    packed : str
        sha256 of a gzipped copy of it, called ``name`` and ``.gz``; empty where none is known.
    address : str
        Where the published file can be downloaded.
    part : str, default "rows"
        What the file is to the loader; files of one part replace each other.

    Examples
    --------
    >>> [file.name for file in plain_or_packed("a.csv", "0" * 64, "1" * 64)]
    ['a.csv.gz', 'a.csv']
    """
    served = DataFile(name=name, sha256=plain, address=address, part=part)
    if not packed:
        return (served,)
    return (DataFile(name=f"{name}.gz", sha256=packed, part=part), served)
