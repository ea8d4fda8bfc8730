"""ESCI: queries and products of Amazon, judged Exact, Substitute, Complement or Irrelevant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, chosen, hashes
from longshelf.datasets.gains import graded
from longshelf.datasets.reading.wording import many
from longshelf.errors import Unavailable
from longshelf.tables import Card, Dataset, Schema

__all__ = ["Esci"]

COMMIT = "7916cdf6ab75a462e77f20ab40428a10923998d5"
LARGE = f"https://media.githubusercontent.com/media/amazon-science/esci-data/{COMMIT}/shopping_queries_dataset"
SMALL = (
    f"https://raw.githubusercontent.com/amazon-science/esci-data/{COMMIT}/shopping_queries_dataset"
)
STEM = "shopping_queries_dataset"
FILES = (
    DataFile(
        name=f"{STEM}_examples.parquet",
        sha256="4a735b693b4a424a6fc67f5be6e4c811495c488bbf66d02a602d308b2744263a",
        address=f"{LARGE}/{STEM}_examples.parquet",
        part="examples",
    ),
    DataFile(
        name=f"{STEM}_products.parquet",
        sha256="25124442d064d64b26f74082d6fa09438d679efc0c183cf28d19064a2b65a265",
        address=f"{LARGE}/{STEM}_products.parquet",
        part="products",
    ),
    DataFile(
        name=f"{STEM}_sources.csv",
        sha256="a5fed8ecc016443de40bf3c63098f0e3f23bbe4daa4236f1c38b8c3184778c50",
        address=f"{SMALL}/{STEM}_sources.csv",
        part="sources",
    ),
)
LOCALES: Mapping[str, str] = {"us": "en", "es": "es", "jp": "ja"}
GAINS: Mapping[str, Mapping[str, float]] = {
    "published": {"E": 1.0, "S": 0.1, "C": 0.01, "I": 0.0},
    "graded": {"E": 3.0, "S": 2.0, "C": 1.0, "I": 0.0},
    "exact": {"E": 1.0, "S": 0.0, "C": 0.0, "I": 0.0},
}
LABELS: Mapping[str, str] = {
    "E": "exact", "S": "substitute", "C": "complement", "I": "irrelevant",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Esci(DataSource):
    """Product search with four grades of relevance, and the published train and test queries.

    One row per judged pair, with the words of the query, its ``label``, the gain of it as
    ``grade``, and ``split`` train or test; no validation part is published. ``sources`` are the queries with their text and the
    kind of query they were drawn as (``source``, a group: negations, behavioural, other …),
    ``targets`` the judged products: title as ``text``, brand and colour.

    Parameters
    ----------
    locale : {"us", "es", "jp"}, default "us"
        English, Spanish or Japanese.
    version : {"small", "large"}, default "small"
        The harder queries (601,354 judgements in English, the ranking task), or all (1,818,825,
        the classification tasks).
    gain : {"published", "graded", "exact"}, default "published"
        What E, S, C and I are worth: 1, .1, .01, 0; or 3, 2, 1, 0; or 1, 0, 0, 0.
    descriptions : bool, default False
        Read each product's description and bullet points too; they take most of the memory.

    Raises
    ------
    InputError
        Unknown locale, version or gain map, or a label that is none of the four.
    Unavailable
        A file is missing or another one.

    References
    ----------
    .. [1] Reddy et al., Shopping Queries Dataset, 2022, arXiv:2206.06588.

    Examples
    --------
    >>> Esci(locale="jp", version="large").name
    "esci(locale='jp', version='large')"
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    card: ClassVar[Card] = Card(
        title="Shopping Queries Data Set (ESCI)",
        licence="Apache-2.0",
        citation=(
            "Reddy, Màrquez, Valero, Rao, Zaragoza, Bandyopadhyay, Biswas, Xing, Subbian, Shopping "
            "Queries Dataset: A Large-Scale ESCI Benchmark for Improving Product Search, 2022"
        ),
        language="en, es, ja",
        address="https://github.com/amazon-science/esci-data",
        files=hashes(FILES),
        redistribution="allowed",
        notes=(
            "Published gains: E 1, S .1, C .01, I 0, nDCG over the judged products of a query only "
            "(.83 for the baseline). Maps here: published, graded 3/2/1/0, exact 1/0/0/0; name the "
            "one used, and the pool, with every nDCG. The table of products is 1.1 GB. Hashes are "
            "those of the publisher's large-file pointers."
        ),
    )

    locale: str = "us"
    version: str = "small"
    gain: str = "published"
    descriptions: bool = False

    def __post_init__(self) -> None:
        for name, allowed in (
            ("locale", tuple(LOCALES)),
            ("version", ("small", "large")),
            ("gain", tuple(GAINS)),
        ):
            object.__setattr__(self, name, chosen(name, getattr(self, name), allowed)[0])

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the judgements of the locale, their queries and their products only."""
        paths = {part: self.find(folder, part).path for part in self.needed}
        origin = pl.read_csv(paths["sources"]).rename({"query_id": "query"})
        told = _judgements(paths["examples"], self.locale, self.version)
        told = told.join(origin, on="query", how="left", maintain_order="left")
        queries = told.select("query", "source", text="query_text").unique(
            "query", maintain_order=True
        )
        targets = self._products(paths["products"], told["item"].unique())
        absent = told["item"].n_unique() - targets.height
        return Dataset(
            name=self.name,
            rows=told.with_columns(
                graded(told["label"], GAINS[self.gain]), pl.col("label").replace(LABELS)
            ),
            schema=Schema(
                label=("label",),
                text=("query_text",),
                query="query",
                item="item",
                grade="grade",
                group=("source",),
            ),
            card=replace(self.card, language=LOCALES[self.locale]),
            sources=queries,
            targets=targets,
            findings=(f"{many(absent, 'judged product')} in no row of the table",)
            if absent
            else (),
        )

    def _products(self, path: Path, judged: pl.Series) -> pl.DataFrame:
        """The judged products, streamed: the table as a whole takes several GB."""
        words = {"text": "product_title"}
        if self.descriptions:
            words |= {"description": "product_description", "bullets": "product_bullet_point"}
        return (
            _scanned(path)
            .filter(pl.col("product_locale") == self.locale)
            .join(judged.to_frame("product_id").lazy(), on="product_id", how="semi")
            .select(
                item="product_id",
                brand="product_brand",
                colour="product_color",
                **{name: pl.col(column).fill_null("") for name, column in words.items()},
            )
            .collect(engine="streaming")
            .sort("item")
        )


def _judgements(path: Path, locale: str, version: str) -> pl.DataFrame:
    wanted = (pl.col("product_locale") == locale) & (pl.col(f"{version}_version") == 1)
    columns = {
        "query": "query_id", "item": "product_id", "label": "esci_label", "split": "split",
        "query_text": "query",
    }  # fmt: skip
    return _scanned(path).filter(wanted).select(**columns).collect()


def _scanned(path: Path) -> pl.LazyFrame:
    try:
        frame = pl.scan_parquet(path)
        frame.collect_schema()
    except pl.exceptions.PolarsError as error:
        raise Unavailable(f"{path} is no Parquet file: {error}; download it again") from error
    return frame
