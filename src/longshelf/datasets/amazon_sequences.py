"""Amazon sequences: what people reviewed, in order, in three shops."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, chosen, hashes
from longshelf.datasets.listed import plain_or_packed
from longshelf.datasets.packed import unpacked
from longshelf.datasets.reading.lists import read_lists
from longshelf.tables import Card, Dataset, Schema

__all__ = ["AmazonSequences"]

ORDERS = (
    "https://raw.githubusercontent.com/WangXFng/RDRec/4055c3028d3afbd57a0fffd54076825836b7cad7/data"
)
TRAITS = "https://raw.githubusercontent.com/RUCAIBox/CIKM2020-S3Rec/2a81540ae18615d88ef88227b0c066e5b74781e5/data"
WORDS = "https://raw.githubusercontent.com/zhaodong-liu/GRAM/2c168a4cc12e70c464502149392943e091006835/rec_datasets"
FOLDERS: Mapping[str, str] = {
    "Beauty": "Beauty",
    "Sports": "Sports_and_Outdoors",
    "Toys": "Toys_and_Games",
}
INDEX: Mapping[str, str] = {"Beauty": "c128_l7", "Sports": "c32_l7", "Toys": "c32_l5"}
HASHES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Beauty": {
        "sequential.txt": (
            "226cce9c3105299ca0db9615d7d3fb32b3175e90da43100ae352599f0f0107b8",
            "7910b4a4d25c7d898e2d5711477cba5f87e172cb4b7c9a1af1ead4bcf88f6a6b",
        ),
        "datamaps.json": (
            "c3386147637538f6d97f7eafffeb4e7180daa0638875bc1d889bbee45ce241a8",
            "e7ac8f9d61df53fbf62e446f46596ff9cbfe430cab4d7fb86c52f0d70db945e8",
        ),
        "S3Rec_item2attributes.json": (
            "129e40f67486f6877eff0f5318cfa8530ee8ac23d8b0d1de04e1bb7a2ba0b2d4",
            "",
        ),
        "GRAM_item_text_ids.txt": (
            "2bfa6792146c27884f27ae7ffab223eb93b5151f8bfcce2939f93b87be7add5b",
            "",
        ),
    },
    "Sports": {
        "sequential.txt": (
            "2a095e0648872beb9982408958290f5d655db5be2911c3756b5446de9f0b8de2",
            "585bb47fdf81780c2c1b8dd45c238d8ab5f76417d25dc97bfa061c7fa7b1559d",
        ),
        "datamaps.json": (
            "4746e0d7dada225d8a2191f9002b6a0335c065f5ebbb71cd305f00e2fda9f124",
            "9de21533923691de1aacecc26efe66f6d76b280987067d7af6c7daa687f923cc",
        ),
        "S3Rec_item2attributes.json": (
            "7fb10733ac4f1811384a52144cdefa7fcc7536fa80a7232c5da9bd789155c34b",
            "",
        ),
        "GRAM_item_text_ids.txt": (
            "fc5a8e6787df5bf679a299315633d90a82fe6b334bdc8fc02728f54f1284ce87",
            "5fa5d7c20921de884af66c9624826e46ba33f379e5911949438225d05831bb57",
        ),
    },
    "Toys": {
        "sequential.txt": (
            "fa1cff57550387966440a93219753b97df62269455b3497612cdca3e8db0ceee",
            "",
        ),
        "datamaps.json": ("a67fd09b5bbca12aea613015d9d1ed99610bb35015d3bbe8cd9e7a3eeda2c90c", ""),
        "GRAM_item_text_ids.txt": (
            "108282ba2add739ab9e096cfc438fa8d806a53baec3b098d534673117c89b11e",
            "",
        ),
    },
}  # fmt: skip


def _address(shop: str, file: str) -> str:
    if file.startswith("S3Rec"):
        return f"{TRAITS}/{FOLDERS[shop]}_item2attributes.json"
    if file.startswith("GRAM"):
        return (
            f"{WORDS}/{shop}/item_generative_indexing_hierarchy_v1_{INDEX[shop]}_len32768_split.txt"
        )
    return f"{ORDERS}/{shop.lower()}/{file}"


def _files() -> tuple[DataFile, ...]:
    return tuple(
        entry
        for shop, listed in HASHES.items()
        for file, (plain, packed) in listed.items()
        for entry in plain_or_packed(
            f"{FOLDERS[shop]}/{file}",
            plain,
            packed,
            address=_address(shop, file),
            part=f"{shop}/{file}",
        )
    )


@dataclass(frozen=True, kw_only=True)
class AmazonSequences(DataSource):
    """Reviewed products of Amazon users in the order of their reviews; every user has five or more.

    Rows stand user by user, in order (column ``order``); there is no common clock, so a split by
    time is not possible. ``targets`` hold each item's ``asin``, its keywords as ``text``, the first
    keyword as ``category`` (the cluster of a hierarchical index, 108, 28 and 30 of them), and the
    numbers of its ``attributes`` (category and brand; not for Toys, whose published attributes
    number the items otherwise).

    Parameters
    ----------
    shop : {"Beauty", "Sports", "Toys"}, default "Beauty"
        22,363 users and 12,101 items; 35,598 and 18,357; 19,412 and 11,924.

    Raises
    ------
    InputError
        Unknown shop.
    Unavailable
        A file is missing or another one.

    References
    ----------
    .. [1] Zhou et al., S3-Rec, CIKM 2020, arXiv:2008.07873.

    Examples
    --------
    >>> AmazonSequences(shop="Toys").name
    "amazon_sequences(shop='Toys')"
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = _files()
    card: ClassVar[Card] = Card(
        title="Amazon reviews 2014, 5-core sequences of Beauty, Sports and Toys",
        licence="none stated (McAuley, UCSD: research use with citation); the mirrors have none",
        citation=(
            "McAuley, Targett, Shi, van den Hengel, Image-based recommendations on styles and "
            "substitutes, SIGIR 2015; sequences: Zhou et al., S3-Rec, CIKM 2020; keywords: GRAM"
        ),
        address="https://github.com/RUCAIBox/CIKM2020-S3Rec",
        files=hashes(files),
        redistribution="evaluation only",
        personal_data="numbers of reviewers; their public names are not read",
        notes=(
            "Published by leave-last-out over all items: SASRec HR@10 / NDCG@10 .0605/.0318 "
            "(Beauty), .0350/.0192 (Sports), .0675/.0374 (Toys). The published figures of the most "
            "popular (.0152/.0068, .0094/.0053, .0113/.0061) count the held-out interactions too. "
            "Keywords are pieces of words, not titles."
        ),
    )
    expected: ClassVar[Mapping[str, int]] = {"Beauty": 198_502, "Sports": 296_337, "Toys": 167_597}

    shop: str = "Beauty"

    def __post_init__(self) -> None:
        object.__setattr__(self, "shop", chosen("shop", self.shop, FOLDERS)[0])

    @property
    def needed(self) -> tuple[str, ...]:
        """The files of the shop."""
        return tuple(f"{self.shop}/{file}" for file in HASHES[self.shop])

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the sequences, and what is known of the items."""
        found = self.find(folder, f"{self.shop}/sequential.txt")
        rows = read_lists(unpacked(found.path)).rename({"key": "user"})
        found.counted(rows.height, self.expected[self.shop], "interactions")
        return Dataset(
            name=self.name,
            rows=rows.with_columns(order=pl.int_range(pl.len(), dtype=pl.Int32).over("user")),
            schema=Schema(user="user", item="item"),
            card=self.card,
            targets=self._items(folder),
            findings=found.findings,
        )

    def _items(self, folder: Path | None) -> pl.DataFrame:
        asins = self._json("datamaps.json", folder)["id2item"]
        items = pl.DataFrame({"item": list(map(int, asins)), "asin": list(asins.values())})
        words = _keywords(unpacked(self.find(folder, f"{self.shop}/GRAM_item_text_ids.txt").path))
        items = items.cast({"item": pl.Int32}).join(words, on="asin", how="left")
        if "S3Rec_item2attributes.json" in HASHES[self.shop]:
            traits = self._json("S3Rec_item2attributes.json", folder)
            known = pl.DataFrame(
                {"item": list(map(int, traits)), "attributes": list(traits.values())},
                schema={"item": pl.Int32, "attributes": pl.List(pl.Int32)},
            )
            items = items.join(known, on="item", how="left")
        return items.sort("item")

    def _json(self, file: str, folder: Path | None) -> Mapping[str, Mapping[str, str]]:
        content = unpacked(self.find(folder, f"{self.shop}/{file}").path)
        read: Mapping[str, Mapping[str, str]] = json.loads(content)
        return read


def _keywords(content: bytes) -> pl.DataFrame:
    """Lines ``asin |▁word|piece|▁word``: a mark before each piece that begins a word."""
    lines = pl.Series("line", content.decode("utf-8").splitlines(), dtype=pl.String).to_frame()
    halves = pl.col("line").str.splitn(" |", 2).struct
    pieces = halves.field("field_1").str.replace_all("▁", "")
    return lines.select(
        asin=halves.field("field_0").str.strip_chars(),
        text=pieces.str.replace_all("|", " ", literal=True).str.strip_chars(),
        category=pieces.str.split("|").list.first(),
    )
