"""Download a data set into the data folder, with a progress bar and a checked hash."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from longshelf.datasets.base import DataFile, DataSource, data_folder
from longshelf.errors import Unavailable

__all__ = ["fetch"]

BLOCK = 2**16
TIMEOUT = 30


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
    got = pooch.retrieve(
        url=file.address,
        known_hash=f"sha256:{file.sha256}" if file.sha256 else None,
        fname=target.name,
        path=target.parent,
        downloader=Download(file.name, quiet),
    )
    return Path(got)


def _by_hand(source: DataSource, files: list[DataFile], place: Path, why: str) -> str:
    wanted = "; ".join(f"{file.name} (sha256 {file.sha256 or 'unknown'})" for file in files)
    return (
        f"cannot fetch {source.folder_name}: {why}. By hand: {source.by_hand or 'download it'} "
        f"from {source.card.address} and put one of these into {place}: {wanted}"
    )


class Download:
    """What pooch calls to bring one address into one file, with a Rich progress bar."""

    def __init__(self, name: str, quiet: bool) -> None:
        self.name = name
        self.quiet = quiet

    def __call__(self, url: str, output_file: str, _: Any) -> None:
        """Stream the address into the file.

        Raises
        ------
        OSError
            No connection, no such address, or an answer cut short.
        """
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

        request = Request(url, headers={"User-Agent": "longshelf"})
        console = Console(stderr=True)
        columns = ("{task.description}", BarColumn(), DownloadColumn(), TimeRemainingColumn())
        hidden = self.quiet or not console.is_terminal
        try:
            answer = urlopen(request, timeout=TIMEOUT)
        except HTTPError as error:
            error.close()
            raise
        with answer, Progress(*columns, console=console, disable=hidden) as bars:
            total = int(answer.headers.get("Content-Length") or 0)
            task = bars.add_task(self.name, total=total or None)
            got = 0
            with Path(output_file).open("wb") as sink:
                while block := answer.read(BLOCK):
                    sink.write(block)
                    got += len(block)
                    bars.update(task, advance=len(block))
        if total and got != total:
            raise OSError(f"the answer stopped after {got:,} of {total:,} bytes")
