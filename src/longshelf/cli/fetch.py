"""``longshelf fetch``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from longshelf.cli import say

__all__ = ["fetch"]


def fetch(
    name: Annotated[str, typer.Argument(help="A data set; see: longshelf list datasets")],
    data: Annotated[Path | None, typer.Option(help="Folder for data sets.")] = None,
) -> None:
    """Download a data set from its publisher and check its hash."""
    from longshelf.datasets import fetch as download

    files = download(name, data)
    say.text(*(map(str, files) if files else [f"{name}: nothing to fetch, it is made here"]))
