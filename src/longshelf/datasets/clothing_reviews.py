"""Clothing reviews: 23,486 texts with rating, recommendation, department and class."""

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

__all__ = ["ClothingReviews"]

MEMBER = "Womens Clothing E-Commerce Reviews.csv"
RENAMED = {
    "Clothing ID": "item",
    "Age": "age",
    "Title": "title",
    "Review Text": "review",
    "Rating": "rating",
    "Recommended IND": "recommended",
    "Positive Feedback Count": "feedback",
    "Division Name": "division",
    "Department Name": "department",
    "Class Name": "class",
}
LABELS = ("rating", "recommended", "class", "department")
FILES = (
    DataFile(
        name=f"{MEMBER}.zip",
        sha256="8dc01bbdf3e620dfc6dd416136bda0e2003636d308ee72ade879079038cd04d2",
        address="https://raw.githubusercontent.com/Python-Big-Data-Science-NYC/PythonDataScienceBootcampNYC/491172b20d82a7784d051d19de311fd75cf671e6/data/Womens%20Clothing%20E-Commerce%20Reviews.csv.zip",
    ),
    DataFile(
        name=MEMBER,
        sha256="bd93cc515747ad1f87b8bc863c9e40da758509e6db6506a96d06976e61e36ee0",
        strict=False,
    ),
)


@dataclass(frozen=True, kw_only=True)
class ClothingReviews(DataSource):
    """Reviews of women's clothing: predict what was rated, recommended or reviewed from the text.

    Inputs are title and review; a review without words stays as empty text. Groups are the
    reviewer's age band and the department. The count of helpful votes comes after the review and
    is no input.

    Parameters
    ----------
    label : str or tuple of str, default "rating"
        ``rating`` (1 to 5, 15.6:1), ``recommended`` (yes or no, 4.6:1), ``class`` (20, 6319:1) or
        ``department`` (6, 88:1).

    Raises
    ------
    InputError
        Unknown label.
    Unavailable
        The file is missing or another one.

    Examples
    --------
    >>> ClothingReviews(label="recommended").name
    "clothing_reviews(label='recommended')"
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    by_hand: ClassVar[str] = f"download {MEMBER} (a Kaggle login is needed)"
    card: ClassVar[Card] = Card(
        title="Women's E-Commerce Clothing Reviews",
        licence="CC0: Public Domain",
        citation="nicapotato, Women's E-Commerce Clothing Reviews, Kaggle, 2018",
        address="https://www.kaggle.com/datasets/nicapotato/womens-ecommerce-clothing-reviews",
        files=hashes(FILES),
        redistribution="allowed",
        personal_data="age of the reviewer, shown in bands only; no user id",
        notes=(
            "845 reviews have no text, 14 no class or department. No time and no user. "
            "A csv with another hash is accepted if it has 23,486 rows."
        ),
    )
    expected: ClassVar[int] = 23_486

    label: str | tuple[str, ...] = "rating"

    def __post_init__(self) -> None:
        names = chosen("label", self.label, LABELS)
        object.__setattr__(self, "label", names[0] if len(names) == 1 else names)

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the reviews."""
        found = self.find(folder)
        frame = _read(found.path)
        found.counted(frame.height, self.expected)
        labels = chosen("label", self.label, LABELS)
        kept = frame.drop_nulls(list(labels))
        wordless = frame.filter(pl.col("review").is_null() & pl.col("title").is_null()).height
        findings = [
            f"{many(frame['review'].null_count(), 'review')} without text, {wordless} of them without title "
            "too: kept as empty text"
        ]
        if kept.height < frame.height:
            findings.append(
                f"{many(frame.height - kept.height, 'row')} dropped: no {' or '.join(labels)}"
            )
        return Dataset(
            name=self.name,
            rows=kept.with_columns(pl.col("title", "review").fill_null("")),
            schema=Schema(
                label=labels,
                text=("title", "review"),
                group=tuple(g for g in ("age_band", "department") if g not in labels),
                item="item",
            ),
            card=self.card,
            targets=_departments(frame) if labels == ("class",) else None,
            findings=(*found.findings, *findings),
        )


def _read(path: Path) -> pl.DataFrame:
    raw = pl.read_csv(stream(path, MEMBER), infer_schema=False)
    absent = [column for column in RENAMED if column not in raw.columns]
    if absent:
        raise Unavailable(f"{path} lacks the columns {', '.join(absent)}")
    frame = raw.select(list(RENAMED)).rename(RENAMED)
    age = pl.col("age").cast(pl.Int64)
    return frame.with_columns(
        age_band=pl.when(age < 30)
        .then(pl.lit("under 30"))
        .when(age < 40)
        .then(pl.lit("30 to 39"))
        .when(age < 50)
        .then(pl.lit("40 to 49"))
        .when(age < 65)
        .then(pl.lit("50 to 64"))
        .otherwise(pl.lit("65 and over")),
        recommended=pl.col("recommended").replace_strict({"0": "no", "1": "yes"}),
        feedback=pl.col("feedback").cast(pl.Int64),
        age=age,
    )


def _departments(frame: pl.DataFrame) -> pl.DataFrame:
    stated = frame.drop_nulls("class")
    return (
        stated.group_by("class")
        .agg(parent=pl.col("department").mode().sort().first())
        .rename({"class": "name"})
        .sort("name")
    )
