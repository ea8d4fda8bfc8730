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
    folder: Annotated[str, typer.Argument(help="A run's folder or address, such as runs/fashion")],
    output: Annotated[
        Path | None, typer.Option("-o", help="HTML file; default: in the folder.")
    ] = None,
    language: Annotated[Language, typer.Option(help="Language the page opens in.")] = Language.en,
) -> None:
    """Write the report of a run: one HTML file that needs no network."""
    from longshelf.experiment.store import Store
    from longshelf.results import Results

    results = Results.read(folder)
    if output is not None:
        say.text(str(results.report(output, language=language.value)))
        return
    say.text(Store(folder).publish(results, language.value))
