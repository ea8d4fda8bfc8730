"""The base class of data sets: where their files lie, and whether they are the right ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from longshelf.components import show, snake
from longshelf.datasets.checksum import sha256
from longshelf.errors import InputError, Unavailable, unknown
from longshelf.tables import Card, Dataset

__all__ = ["DataFile", "DataSource", "Found", "chosen", "data_folder", "hashes"]

UNVERIFIED = (
    "{name}: its sha256 is not one this version knows, so it was accepted by its row count only"
)


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """One file a loader accepts.

    Parameters
    ----------
    name : str
        Path inside the folder of the data set.
    sha256 : str
        Hash of the known content; empty when the publisher's file could not be hashed here.
    address : str
        Where the known content can be downloaded without a login; empty for local shapes.
    strict : bool, default True
        False accepts other content under this name if the row counts are right.
    part : str, default "rows"
        Files of the same part replace each other; the first one found is read.
    """

    name: str
    sha256: str = ""
    address: str = ""
    strict: bool = True
    part: str = "rows"


@dataclass(frozen=True)
class Found:
    """A file that is there, and whether its hash is a known one."""

    path: Path
    verified: bool

    @property
    def findings(self) -> tuple[str, ...]:
        """What to tell the user about it: nothing when it is verified."""
        return () if self.verified else (UNVERIFIED.format(name=self.path.name),)

    def counted(self, got: int, wanted: int, what: str = "rows") -> None:
        """Refuse an unverified file whose count is wrong.

        Raises
        ------
        Unavailable
            Naming the file and both counts.
        """
        if not self.verified and got != wanted:
            raise Unavailable(
                f"{self.path} has {got:,} {what}, the published file has {wanted:,}; "
                "it is another version or cut short: download it again"
            )


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """A data set that can be loaded by name; its arguments choose the problem.

    A concrete one sets ``abstract = False``, its :class:`~longshelf.tables.Card` and its files,
    and overrides :meth:`load`.
    """

    abstract: ClassVar[bool] = True
    card: ClassVar[Card]
    files: ClassVar[tuple[DataFile, ...]] = ()
    by_hand: ClassVar[str] = ""

    @property
    def folder_name(self) -> str:
        """Name of the set's own folder inside the data folder."""
        return snake(type(self).__name__)

    @property
    def name(self) -> str:
        """The name cells and tables use: the component as one would type it."""
        return show(self)

    @property
    def needed(self) -> tuple[str, ...]:
        """The parts these arguments read, each covered by at least one of the files."""
        return tuple(dict.fromkeys(file.part for file in self.files))

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the data set from the data folder, by default the user's."""
        raise NotImplementedError

    def find(self, folder: Path | None = None, part: str = "rows") -> Found:
        """The file that holds a part, its hash checked.

        Raises
        ------
        Unavailable
            No such file, or one with another hash; names address, sha256 and folder.
        """
        place = data_folder(folder) / self.folder_name
        candidates = [file for file in self.files if file.part == part]
        for file in candidates:
            path = place / file.name
            if path.is_file():
                return self._checked(file, path)
        raise Unavailable(self._missing(candidates, place))

    def _checked(self, file: DataFile, path: Path) -> Found:
        if not file.sha256:
            return Found(path, False)
        got = sha256(path)
        if got == file.sha256:
            return Found(path, True)
        if not file.strict:
            return Found(path, False)
        raise Unavailable(
            f"{path} has sha256 {got}, wanted {file.sha256}; the file is damaged or another "
            f"version. Delete it and run: longshelf fetch {self.folder_name} "
            f"(from {file.address or self.card.address})"
        )

    def _missing(self, candidates: Iterable[DataFile], place: Path) -> str:
        listed = "; ".join(
            f"{file.name} (sha256 {file.sha256 or 'unknown'})" for file in candidates
        )
        return (
            f"{self.folder_name} is not in {place}: wanted one of {listed}. "
            f"It is published at {self.card.address}. "
            f"Run: longshelf fetch {self.folder_name} — or set LONGSHELF_DATA to the folder that "
            f"holds {self.folder_name}/"
        )


def data_folder(folder: Path | str | None = None) -> Path:
    """Where data sets lie: the argument, else ``LONGSHELF_DATA``, else the user's data folder.

    Examples
    --------
    >>> data_folder("shelf").as_posix()
    'shelf'
    """
    if folder is not None:
        return Path(folder).expanduser()
    if told := os.environ.get("LONGSHELF_DATA"):
        return Path(told).expanduser()
    from platformdirs import user_data_path

    return user_data_path("longshelf") / "data"


def hashes(files: Iterable[DataFile]) -> Mapping[str, str]:
    """File name to sha256, as a card lists them; an unknown hash is empty."""
    return {file.name: file.sha256 for file in files}


def chosen(kind: str, names: str | Iterable[str], allowed: Iterable[str]) -> tuple[str, ...]:
    """One name or several, each checked against what is allowed.

    Raises
    ------
    InputError
        Unknown, repeated or no name.

    Examples
    --------
    >>> chosen("label", ["season", "usage"], ["season", "usage", "colour"])
    ('season', 'usage')
    """
    allowed = tuple(allowed)
    several = (names,) if isinstance(names, str) else tuple(names)
    for name in several:
        if name not in allowed:
            raise unknown(kind, name, allowed)
    if not several or len(set(several)) != len(several):
        raise InputError(f"name each {kind} once, got {several!r}; known: {', '.join(allowed)}")
    return several
