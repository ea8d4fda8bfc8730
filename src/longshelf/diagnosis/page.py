"""A diagnosis as one self-contained page, bounded in size whatever the data."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

import jinja2
import polars as pl

from longshelf.diagnosis.drawing import draw_lorenz, draw_sizes
from longshelf.diagnosis.heat import heat
from longshelf.diagnosis.list_advice import WHO
from longshelf.diagnosis.list_listing import NAMES
from longshelf.diagnosis.listing import listing

if TYPE_CHECKING:
    from longshelf.diagnosis.diagnosis import Diagnosis

__all__ = ["page"]

SHOWN = 10


@cache
def _template() -> jinja2.Template:
    source = files("longshelf.diagnosis").joinpath("page.html").read_text(encoding="utf-8")
    return jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    ).from_string(source)


def page(diagnosis: Diagnosis, language: Literal["en", "zh"] = "en") -> str:
    """The page as text; no address in it is fetched.

    Parameters
    ----------
    diagnosis : Diagnosis
        All figures.
    language : {"en", "zh"}, default "en"
        Shown first; the page holds both.
    """
    english, chinese = listing(diagnosis, "en")[1:], listing(diagnosis, "zh")[1:]
    sections = [
        (en, zh, list(zip(rows_en, rows_zh, strict=True)))
        for (en, _, rows_en), (zh, _, rows_zh) in zip(english, chinese, strict=True)
    ]
    classes, seen = diagnosis.classes, diagnosis.interactions
    smallest = classes.slice(SHOWN).tail(SHOWN).sort("count", "name")
    return _template().render(
        d=diagnosis,
        n=diagnosis.nouns,
        who=WHO[seen.role] if seen else ("", ""),
        slices=NAMES,
        language=language,
        sections=sections,
        largest=classes.head(SHOWN).rows(named=True),
        smallest=smallest.rows(named=True),
        hidden=max(classes.height - 2 * SHOWN, 0),
        most=classes.select(pl.col("count").max()).item(),
        sizes=draw_sizes(diagnosis),
        lorenz=draw_lorenz(diagnosis),
        heats=[heat(table) for table in diagnosis.crosstabs[:8]],
    )
