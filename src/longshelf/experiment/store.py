"""Where cells live: a folder each, whole or absent, on any address fsspec can open."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

from longshelf.errors import Unavailable
from longshelf.results import Results

__all__ = ["Store"]

TABLES = ("values", "units", "per_target", "reliability", "predictions")


@dataclass(frozen=True)
class Store:
    """The cells of one suite.

    Locally a cell is written beside and renamed. Elsewhere its tables are put first and
    ``cell.json`` last, and a cell without it does not exist.

    Parameters
    ----------
    address : str
        A folder, or an address such as ``s3://bucket/runs/fashion``.
    """

    address: str

    @property
    def local(self) -> Path | None:
        """The folder, where the address is one."""
        if "://" not in self.address:
            return Path(self.address)
        return Path(self.address[7:]) if self.address.startswith("file://") else None

    def _remote(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        filesystem, path = url_to_fs(self.address)
        return filesystem, str(path)

    def done(self) -> dict[str, dict[str, Any]]:
        """What ``cell.json`` says of every whole cell, by key."""
        if self.local is not None:
            places = (self.local / "cells").glob("[0-9a-f]*/cell.json")
            return {place.parent.name: json.loads(place.read_text()) for place in places}
        filesystem, path = self._remote()
        places = filesystem.glob(f"{path}/cells/*/cell.json")
        return {place.split("/")[-2]: json.loads(filesystem.cat(place)) for place in places}

    def has(self, key: str) -> bool:
        """Whether the cell is whole."""
        if self.local is not None:
            return (self.local / "cells" / key / "cell.json").exists()
        filesystem, path = self._remote()
        return bool(filesystem.exists(f"{path}/cells/{key}/cell.json"))

    def write(
        self, key: str, about: Mapping[str, Any], tables: Mapping[str, pl.DataFrame], log: str = ""
    ) -> None:
        """Store one cell; a second writer of the same key changes nothing."""
        home = None if self.local is None else self.local / "cells"
        if home is not None:
            home.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".beside-", dir=home))
        try:
            for name, table in tables.items():
                table.write_parquet(beside / f"{name}.parquet", compression="zstd")
            (beside / "log.txt").write_text(log, encoding="utf-8")
            (beside / "cell.json").write_text(
                json.dumps(about, ensure_ascii=False, default=float), encoding="utf-8"
            )
            self._place(key, beside, home)
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def _place(self, key: str, beside: Path, home: Path | None) -> None:
        if home is not None:
            try:
                beside.rename(home / key)
            except OSError:
                if not (home / key / "cell.json").exists():
                    raise
            return
        filesystem, path = self._remote()
        names = sorted(
            (file.name for file in beside.iterdir()), key=lambda name: name == "cell.json"
        )
        filesystem.makedirs(f"{path}/cells/{key}", exist_ok=True)
        for name in names:
            filesystem.put_file(str(beside / name), f"{path}/cells/{key}/{name}")

    def table(self, key: str, name: str) -> pl.DataFrame:
        """One table of one cell.

        Raises
        ------
        Unavailable
            If the cell or the table is not there.
        """
        try:
            if self.local is not None:
                return pl.read_parquet(self.local / "cells" / key / f"{name}.parquet")
            filesystem, path = self._remote()
            with filesystem.open(f"{path}/cells/{key}/{name}.parquet", "rb") as file:
                return pl.read_parquet(file.read())
        except OSError as error:
            raise Unavailable(
                f"cell {key} of {self.address} has no table {name}: {error}"
            ) from error

    def put(self, name: str, content: bytes) -> None:
        """Write a file of the whole suite; readers see the old one or the new one."""
        if self.local is not None:
            (self.local / name).parent.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(prefix=".beside-", dir=self.local)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(beside, self.local / name)
            return
        filesystem, path = self._remote()
        filesystem.makedirs(f"{path}/{name}".rpartition("/")[0], exist_ok=True)
        filesystem.pipe_file(f"{path}/{name}", content)

    def read(self, name: str) -> bytes | None:
        """A file of the whole suite, or None."""
        try:
            if self.local is not None:
                return (self.local / name).read_bytes()
            filesystem, path = self._remote()
            return bytes(filesystem.cat_file(f"{path}/{name}"))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def names(self, folder: str) -> list[str]:
        """The files in a folder of the whole suite, in order."""
        if self.local is not None:
            return sorted(f"{folder}/{file.name}" for file in (self.local / folder).glob("*"))
        filesystem, path = self._remote()
        return sorted(
            f"{folder}/{file.split('/')[-1]}" for file in filesystem.glob(f"{path}/{folder}/*")
        )

    def publish(self, results: Results, language: Literal["en", "zh"] = "en") -> str:
        """Render the report into the store, and say where it is."""
        if self.local is not None:
            return str(results.report(self.local / "report.html", language=language))
        with tempfile.TemporaryDirectory() as beside:
            page = results.report(Path(beside) / "report.html", language=language)
            self.put("report.html", page.read_bytes())
        return f"{self.address}/report.html"

    def drop(self, key: str) -> None:
        """Forget a cell, so that it runs again."""
        if self.local is not None:
            shutil.rmtree(self.local / "cells" / key, ignore_errors=True)
            return
        filesystem, path = self._remote()
        filesystem.rm(f"{path}/cells/{key}", recursive=True)

    def sweep(self) -> None:
        """Remove what killed writers left beside more than ten minutes ago."""
        if self.local is None:
            return
        with self.lock("sweep") as mine:
            if not mine:
                return
            import time

            for leftover in (*self.local.glob(".beside-*"), *self.local.glob("cells/.beside-*")):
                if time.time() - leftover.stat().st_mtime < 600:
                    continue
                if leftover.is_dir():
                    shutil.rmtree(leftover, ignore_errors=True)
                else:
                    leftover.unlink(missing_ok=True)

    @contextmanager
    def lock(self, key: str) -> Iterator[bool]:
        """Claim a fit among the runners of one machine; False where another has it.

        The claim ends with the process, however it ends. Remote stores have no lock: two runners
        may then do a cell twice, which wastes time and harms nothing.
        """
        if self.local is None:
            yield True
            return
        folder = self.local / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / key).open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True
