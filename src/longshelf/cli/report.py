"""``longshelf report``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from longshelf.cli import say

__all__ = ["Language", "report"]


class Language(StrEnum):
    """What the page opens in; it holds both."""

    en = "en"
    zh = "zh"


def report(
    folder: Annotated[Path, typer.Argument(help="A run's folder, such as runs/fashion")],
    output: Annotated[
        Path | None, typer.Option("-o", help="HTML file; default: in the folder.")
    ] = None,
    language: Annotated[Language, typer.Option(help="Language the page opens in.")] = Language.en,
) -> None:
    """Write the report of a run: one HTML file that needs no network."""
    from longshelf.results import Results

    path = Results.read(folder).report(output or folder / "report.html", language=language.value)
    say.text(str(path))
