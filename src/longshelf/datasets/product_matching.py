"""Product matching: whether two offers of two shops are the same product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, chosen, hashes
from longshelf.datasets.listed import plain_or_packed
from longshelf.datasets.packed import unpacked
from longshelf.errors import InputError
from longshelf.tables import Card, Dataset, Schema

__all__ = ["ProductMatching"]

MIRROR = "https://raw.githubusercontent.com/megagonlabs/ditto/52985564a93fb11308439516d3e17a033d43ec8f/data/er_magellan"
ADDRESSES: Mapping[str, str] = {
    "walmart_amazon": "Structured/Walmart-Amazon",
    "amazon_google": "Structured/Amazon-Google",
    "abt_buy": "Textual/Abt-Buy",
}
HASHES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "walmart_amazon": {
        "train": (
            "092fccd11c1cc1ffe54a702af276641218ce9506e6d60fb5a29a3c67d87892c3",
            "41490fc9e8613c4bde1bc53b5527689411a045740041dfcbeccc76b18b3ff94b",
        ),
        "valid": ("4b07b12d5eb411736da03385d7543a34c77e5d9d364c25d67e987ebabc58c92c", ""),
        "test": ("85ee132c4e45073a4b5ab8168d5db8af3e354b7b46dae19fd111757c0a6a97f6", ""),
    },
    "amazon_google": {
        "train": (
            "84ef5f7747296990a3775d2c8774949e720df643106b1b447682265f41929b26",
            "6a1626fba5b0b430c82db90cc86213fc99e4b4027192cc11ed6ce14519e7664e",
        ),
        "valid": ("baa53c43706e979441aaf653698bb477294b6fa16328fd272fcdc56ca040c094", ""),
        "test": ("fb4a50692f296435d9ecd4b310acc1318ff7d6d1e13924f0b211d1f906dacbef", ""),
    },
    "abt_buy": {
        "train": (
            "c1370966c08c246e9cf844b7cd2cf580b2559e9831f1eb3cca560fd53c1bcbb2",
            "e5001d37121e3a5e3440df279c631bb4aca68bfdf81da9b1fa75eadff09a7805",
        ),
        "valid": ("14b2c80673434b852febacd1a741c89e2ca0aba1658f4420efe4cbb46f4ef607", ""),
        "test": ("df323df317af4ca33132e3c3a666983c5cbc69ef517f61df18f381b4d1662352", ""),
    },
}
FILES = tuple(
    entry
    for pair, parts in HASHES.items()
    for part, (plain, packed) in parts.items()
    for entry in plain_or_packed(
        f"{pair.replace('_', '-')}/{part}.txt",
        plain,
        packed,
        address=f"{MIRROR}/{ADDRESSES[pair]}/{part}.txt",
        part=f"{pair}/{part}",
    )
)


@dataclass(frozen=True, kw_only=True)
class ProductMatching(DataSource):
    """Pairs of offers, one of each shop: the same product or not, with the published split.

    ``left`` and ``right`` hold the words of each offer without the names of its fields, which
    stand beside them as ``left_title``, ``right_brand`` and so on; prices are numbers. A pair is
    one row, and an offer may stand in several pairs of several parts.

    Parameters
    ----------
    pair : {"walmart_amazon", "amazon_google", "abt_buy"}, default "walmart_amazon"
        10,242, 11,460 or 9,575 pairs; 9.4%, 10.2% or 10.7% match.

    Raises
    ------
    InputError
        Unknown pair.
    Unavailable
        A file is missing or another one.

    References
    ----------
    .. [1] Li et al., Deep Entity Matching with Pre-Trained Language Models, VLDB 2021,
       arXiv:2004.00584, table 5.

    Examples
    --------
    >>> ProductMatching(pair="abt_buy").needed
    ('abt_buy/train', 'abt_buy/valid', 'abt_buy/test')
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    card: ClassVar[Card] = Card(
        title="Walmart-Amazon, Amazon-Google and Abt-Buy (Magellan, in Ditto's form)",
        licence="none stated for the offers (University of Leipzig, DeepMatcher); Ditto Apache-2.0",
        citation=(
            "Köpcke, Thor, Rahm, Evaluation of entity resolution approaches on real-world match "
            "problems, VLDB 2010; Mudgal et al., Deep Learning for Entity Matching, SIGMOD 2018"
        ),
        address="https://github.com/megagonlabs/ditto/tree/master/data/er_magellan",
        files=hashes(FILES),
        redistribution="evaluation only",
        notes=(
            "Published F1 of matches, fine-tuned language models (Ditto): 86.8, 75.6, 89.3. Offers "
            "recur across the published parts, so a model may know one side of a test pair."
        ),
    )
    expected: ClassVar[Mapping[str, int]] = {
        "walmart_amazon": 10_242,
        "amazon_google": 11_460,
        "abt_buy": 9_575,
    }

    pair: str = "walmart_amazon"

    def __post_init__(self) -> None:
        object.__setattr__(self, "pair", chosen("pair", self.pair, ADDRESSES)[0])

    @property
    def needed(self) -> tuple[str, ...]:
        """The three published parts."""
        return tuple(f"{self.pair}/{part}" for part in HASHES[self.pair])

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the three parts into rows of label, texts and split."""
        parts = [
            _read(self.find(folder, f"{self.pair}/{part}").path, part) for part in HASHES[self.pair]
        ]
        rows = pl.concat(parts, how="diagonal")
        prices = [name for name in rows.columns if name.endswith("_price")]
        return Dataset(
            name=self.name,
            rows=rows,
            schema=Schema(label=("match",), text=("left", "right"), numeric=tuple(prices)),
            card=self.card,
        )


def _read(path: Path, part: str) -> pl.DataFrame:
    """Lines ``offer, offer, 0 or 1`` between tabs."""
    lines = pl.Series("line", unpacked(path).decode("utf-8").splitlines(), dtype=pl.String)
    fields = lines.str.split("\t").to_frame()
    if fields.filter(pl.col("line").list.len() != 3).height:
        raise InputError(f"{path} has lines of other than three fields between tabs")
    sides = [_side(fields["line"].list.get(k), side) for k, side in enumerate(("left", "right"))]
    label = fields.select(
        match=pl.col("line").list.get(2).replace_strict({"0": "no", "1": "yes"}),
        split=pl.lit(part),
    )
    return pl.concat([label, *sides], how="horizontal")


def _side(offers: pl.Series, side: str) -> pl.DataFrame:
    """The fields of one offer, written ``COL title VAL words COL price VAL 9.5``."""
    names = offers[0].split("COL ")[1:]
    fields = [name.split(" VAL")[0] for name in names]
    marks = [f"COL {field} VAL" for field in fields]
    values = {
        f"{side}_{field}": _between(offers, mark, after)
        for field, mark, after in zip(fields, marks, [*marks[1:], ""], strict=True)
    }
    frame = pl.DataFrame(values)
    told = frame.select(pl.concat_str(pl.all(), separator=" ", ignore_nulls=True).alias(side))
    price = f"{side}_price"
    numbers = frame.with_columns(
        pl.col(price).str.replace_all(r"[^\d.]", "").cast(pl.Float64, strict=False)
    )
    return pl.concat([told, numbers], how="horizontal")


def _between(offers: pl.Series, mark: str, after: str) -> pl.Series:
    end = f" {after}" if after else "$"
    return offers.str.extract(f"{mark}(.*?){end}").str.strip_chars().replace("", None)
