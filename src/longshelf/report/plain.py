"""The verdict as plain text."""

from __future__ import annotations

import polars as pl

from longshelf.report.verdict import verdicts
from longshelf.report.wording import Language, clip, say

__all__ = ["plain_words"]


def plain_words(
    comparisons: pl.DataFrame, cells: pl.DataFrame, primary: str, language: Language = "en"
) -> list[str]:
    """Give the verdict as lines of plain text, for a terminal.

    Parameters
    ----------
    comparisons, cells : DataFrame
        As in ``Results``.
    primary : str
        The metric the verdict is about.
    language : {"en", "zh"}, default "en"
        The language to answer in.
    """
    lines = []
    for verdict in verdicts(comparisons, cells, primary):
        where = " / ".join(clip(name) for name in verdict.block.values())
        said = " ".join(say(part, language) for part in (verdict.headline, *verdict.details))
        lines.append(f"{where}: {said}")
    return lines
