"""Chinese shopping reviews: 62,774 texts of ten kinds of products."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, chosen, hashes
from longshelf.datasets.packed import stream
from longshelf.datasets.reading.wording import many
from longshelf.errors import Unavailable
from longshelf.tables import Card, Dataset, Schema

__all__ = ["ReviewsZh"]

MEMBER = "online_shopping_10_cats.csv"
RENAMED = {"cat": "category", "label": "sentiment", "review": "review"}
LABELS = ("category", "sentiment")
MIRROR = "https://raw.githubusercontent.com/SophonPlus/ChineseNlpCorpus/a0b781d72158bde242c0626c9e354d2b328865ff"
FILES = (
    DataFile(
        name="online_shopping_10_cats.zip",
        sha256="6816ded66fde9d0927ecbd370b5e12d0174d1abac35192ec014ac2a0a8d25858",
        address=f"{MIRROR}/datasets/online_shopping_10_cats/online_shopping_10_cats.zip",
    ),
    DataFile(
        name=MEMBER,
        sha256="f6c5b724122d8547b700ac4524898eb7e28abbee63f798e95a8faa408829afdb",
        strict=False,
    ),
)


@dataclass(frozen=True, kw_only=True)
class ReviewsZh(DataSource):
    """Chinese reviews from shops: which kind of product, or whether they praise it.

    The input is the review; the group is the label that is not predicted. Sentiment is balanced
    over all rows and 4.8:1 within water heaters, the rarest category.

    Parameters
    ----------
    label : {"category", "sentiment"} or tuple of both, default "category"
        ``category``: 10 kinds of products, 17.4:1. ``sentiment``: positive or negative, 1.02:1.

    Raises
    ------
    InputError
        Unknown label.
    Unavailable
        The file is missing or another one.

    Examples
    --------
    >>> ReviewsZh(label="sentiment").name
    "reviews_zh(label='sentiment')"
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    card: ClassVar[Card] = Card(
        title="online_shopping_10_cats",
        licence="not stated: the publisher names none, and the texts come from shopping sites",
        citation="SophonPlus, ChineseNlpCorpus, online_shopping_10_cats, GitHub, 2018",
        address="https://github.com/SophonPlus/ChineseNlpCorpus",
        language="zh",
        files=hashes(FILES),
        redistribution="evaluation only",
        personal_data="none known; reviews are free text by customers",
        notes=(
            "One review has no text and stays as empty text; 49 texts occur more than once. "
            "A csv with another hash is accepted if it has 62,774 rows."
        ),
    )
    expected: ClassVar[int] = 62_774

    label: str | tuple[str, ...] = "category"

    def __post_init__(self) -> None:
        names = chosen("label", self.label, LABELS)
        object.__setattr__(self, "label", names[0] if len(names) == 1 else names)

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the reviews."""
        found = self.find(folder)
        frame = _read(found.path)
        found.counted(frame.height, self.expected)
        labels = chosen("label", self.label, LABELS)
        wordless = frame["review"].null_count()
        return Dataset(
            name=self.name,
            rows=frame.with_columns(pl.col("review").fill_null("")),
            schema=Schema(
                label=labels, text=("review",), group=tuple(n for n in LABELS if n not in labels)
            ),
            card=self.card,
            findings=(
                *found.findings,
                f"{many(wordless, 'review')} without text: kept as empty text",
            ),
        )


def _read(path: Path) -> pl.DataFrame:
    raw = pl.read_csv(stream(path, MEMBER), infer_schema=False)
    absent = [column for column in RENAMED if column not in raw.columns]
    if absent:
        raise Unavailable(f"{path} lacks the columns {', '.join(absent)}")
    return (
        raw.select(list(RENAMED))
        .rename(RENAMED)
        .with_columns(
            sentiment=pl.col("sentiment").replace_strict({"0": "negative", "1": "positive"})
        )
    )
