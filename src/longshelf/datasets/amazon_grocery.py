"""Amazon Grocery: reviews with their days, and which product is bought or viewed with which."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, chosen, hashes
from longshelf.datasets.listed import plain_or_packed
from longshelf.datasets.packed import stream
from longshelf.datasets.reading.wording import many
from longshelf.tables import Card, Dataset, Schema

__all__ = ["AmazonGrocery"]

MIRROR = "https://raw.githubusercontent.com/THUwangcy/ReChorus/e58d752558634d42be60de561d6f74df748583cc/data/Grocery_and_Gourmet_Food"
PROBLEMS = ("interactions", "complement", "substitute")
FILES = (
    *plain_or_packed(
        "train.csv",
        "75847958fbcfec35dd0a20bda43432c22a5d7e5b5fe571fef0b25ff580b475f4",
        "8614546d81e95178d7c68657ccfb57ad8c3c617ac49db26856eb290390f5801e",
        address=f"{MIRROR}/train.csv",
        part="interactions",
    ),
    *plain_or_packed(
        "item_meta.csv",
        "35a7d55fb7024b3cf7937cbc424762bc1cb5ef1f41d49f5955011effcebf144c",
        "50298a595ec464a2e48017781709e5eb80ca6ff98dde4774ca0fe02840950e68",
        address=f"{MIRROR}/item_meta.csv",
        part="items",
    ),
)


@dataclass(frozen=True, kw_only=True)
class AmazonGrocery(DataSource):
    """Reviews of groceries with their day, and the shop's own links between products.

    A link is a row of ``source`` and ``item``: a complement was also bought, a substitute also
    viewed. Then ``sources`` and ``targets`` are both the table of products, and the source stands
    in the role of the query. Products carry numbers and no text.

    Parameters
    ----------
    problem : {"interactions", "complement", "substitute"}, default "interactions"
        121,892 reviews of 14,681 users, 248,444 complements or 124,933 substitutes.

    Raises
    ------
    InputError
        Unknown problem.
    Unavailable
        A file is missing or another one.

    Examples
    --------
    >>> AmazonGrocery(problem="complement").needed
    ('items',)
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    card: ClassVar[Card] = Card(
        title="Amazon reviews 2014, Grocery and Gourmet Food, 5-core (ReChorus)",
        licence="none stated (McAuley, UCSD: research use with citation); ReChorus is MIT",
        citation=(
            "McAuley, Targett, Shi, van den Hengel, Image-based recommendations on styles and "
            "substitutes, SIGIR 2015; Wang et al., Make It a Chorus, SIGIR 2020"
        ),
        language="none",
        address="https://github.com/THUwangcy/ReChorus",
        files=hashes(FILES),
        redistribution="evaluation only",
        personal_data="numbers of reviewers",
        notes=(
            "The last two reviews of each user are not in train.csv: figures published by ReChorus "
            "are not comparable. 8,349 of 8,713 products share one category. Most links run both "
            "ways, so a link to judge may be known the other way round."
        ),
    )
    expected: ClassVar[tuple[int, int]] = (121_892, 8_713)

    problem: str = "interactions"

    def __post_init__(self) -> None:
        object.__setattr__(self, "problem", chosen("problem", self.problem, PROBLEMS)[0])

    @property
    def needed(self) -> tuple[str, ...]:
        """Links are read from the table of products alone."""
        return ("interactions", "items") if self.problem == "interactions" else ("items",)

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the reviews, or unfold the links."""
        found = self.find(folder, "items")
        items = pl.read_csv(stream(found.path), separator="\t")
        found.counted(items.height, self.expected[1], "products")
        targets = items.select(item="item_id", category=pl.col("i_category").cast(pl.String))
        if self.problem == "interactions":
            return self._interactions(targets, folder, found.findings)
        links = _links(items, f"r_{self.problem}")
        known = links.filter(pl.col("item").is_in(items["item_id"].implode()))
        alone = items.height - known["source"].n_unique()
        return Dataset(
            name=self.name,
            rows=known,
            schema=Schema(query="source", item="item"),
            card=self.card,
            sources=targets.rename({"item": "source"}),
            targets=targets,
            findings=(*found.findings, f"{many(alone, 'product')} without any {self.problem}"),
        )

    def _interactions(
        self, targets: pl.DataFrame, folder: Path | None, findings: tuple[str, ...]
    ) -> Dataset:
        found = self.find(folder, "interactions")
        log = pl.read_csv(stream(found.path), separator="\t")
        found.counted(log.height, self.expected[0], "interactions")
        rows = log.select(user="user_id", item="item_id", time=pl.from_epoch("time", time_unit="s"))
        return Dataset(
            name=self.name,
            rows=rows.sort("time", maintain_order=True),
            schema=Schema(user="user", item="item", time="time"),
            card=self.card,
            targets=targets,
            findings=(*findings, *found.findings),
        )


def _links(items: pl.DataFrame, column: str) -> pl.DataFrame:
    """Lists written ``[3, 5]`` unfolded, one row each."""
    numbers = pl.col(column).str.extract_all(r"\d+").cast(pl.List(pl.Int64))
    lists = items.select(source="item_id", item=numbers).filter(pl.col("item").list.len() > 0)
    return lists.explode("item")
