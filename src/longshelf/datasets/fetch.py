"""Download a data set into the data folder, with a progress bar and a checked hash."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from longshelf.datasets.base import DataFile, DataSource, data_folder
from longshelf.errors import Unavailable

__all__ = ["fetch"]


def fetch(name: str | DataSource, folder: Path | None = None, *, quiet: bool = False) -> list[Path]:
    """Bring every file a data set needs; files that are there and right are left alone.

    Parameters
    ----------
    name : str or DataSource
        As in a suite, for example ``fashion``.
    folder : Path, optional
        The data folder; by default ``LONGSHELF_DATA``, else the user's data folder.
    quiet : bool, default False
        Draw no progress bar; none is drawn off a terminal either.

    Returns
    -------
    list of Path
        One file per part the data set reads; empty for a simulated one.

    Raises
    ------
    Unavailable
        No address, no connection, or another hash; says what to download by hand and where to.
    """
    from longshelf.components import build

    source: DataSource = build("dataset", name)
    return [_part(source, part, folder, quiet) for part in source.needed]


def _part(source: DataSource, part: str, folder: Path | None, quiet: bool) -> Path:
    place = data_folder(folder) / source.folder_name
    files = [file for file in source.files if file.part == part]
    present = [place / file.name for file in files if (place / file.name).is_file()]
    if present:
        return source.find(folder, part).path
    reachable = [file for file in files if file.address]
    if not reachable:
        raise Unavailable(_by_hand(source, files, place, "it cannot be downloaded by a program"))
    try:
        return _retrieve(reachable[0], place, quiet)
    except ValueError as error:
        raise Unavailable(
            _by_hand(source, files, place, f"{reachable[0].address} sent other content: {error}")
        ) from error
    except (OSError, ImportError) as error:
        raise Unavailable(
            _by_hand(source, files, place, f"{reachable[0].address} did not answer: {error}")
        ) from error


def _retrieve(file: DataFile, place: Path, quiet: bool) -> Path:
    import pooch

    pooch.get_logger().setLevel("WARNING")
    target = place / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with Progress(file.name, quiet) as bar:
        got = pooch.retrieve(
            url=file.address,
            known_hash=f"sha256:{file.sha256}" if file.sha256 else None,
            fname=target.name,
            path=target.parent,
            downloader=pooch.HTTPDownloader(progressbar=bar, chunk_size=2**16, timeout=30),
        )
    return Path(got)


def _by_hand(source: DataSource, files: list[DataFile], place: Path, why: str) -> str:
    wanted = "; ".join(f"{file.name} (sha256 {file.sha256 or 'unknown'})" for file in files)
    return (
        f"cannot fetch {source.folder_name}: {why}. By hand: {source.by_hand or 'download it'} "
        f"from {source.card.address} and put one of these into {place}: {wanted}"
    )


class Progress:
    """A Rich progress bar behind the small interface pooch calls.

    Attributes
    ----------
    total : int
        Bytes expected, set by pooch.
    """

    def __init__(self, name: str, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        self.total = 0
        console = Console(stderr=True)
        columns = ("{task.description}", BarColumn(), DownloadColumn(), TimeRemainingColumn())
        self._bars = Bars(*columns, console=console, disable=quiet or not console.is_terminal)
        self._task = self._bars.add_task(name, total=None)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def update(self, size: int) -> None:
        """Move on by some bytes."""
        self._bars.update(self._task, total=self.total or None, advance=size)

    def reset(self) -> None:
        """Back to the start; pooch does so before it fills the bar."""
        self._bars.reset(self._task)

    def close(self) -> Any:
        """Pooch is done; leaving the context stops the bar."""
