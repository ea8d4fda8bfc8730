"""Amazon titles: what people reviewed next, with the titles of everything they had before."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, chosen, hashes
from longshelf.datasets.listed import plain_or_packed
from longshelf.datasets.packed import stream, unpacked
from longshelf.tables import Card, Dataset, Schema

__all__ = ["AmazonTitles"]

MIRROR = "https://raw.githubusercontent.com/AkaliKong/MiniOneRec/81b4ba9811cfb152cf161f1c486fe516510d081e/data/Amazon"
FOLDERS: Mapping[str, str] = {
    "Office": "Office_Products",
    "Industrial": "Industrial_and_Scientific",
}
HASHES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Office": {
        "valid.csv": (
            "a7d8f049ae425f413def22687cebcd172c65833633ff76dd3d90a83bca98234f",
            "a623d28101c01bd2e48fe337651c6edb4abd3ffb6370207bab8e40cb1c3817ac",
        ),
        "test.csv": (
            "c1967034e197a7837a8962f2556efaabc12eb5bb84e1fdc79cd0accbce71add5",
            "79ad53c57f41bbe5173c249b488db047f4c5a421656eb580c1247d805e42d7c5",
        ),
        "item.json": (
            "398cb2bb7868bedf2ed8ed6b24d25e172f21b7022554d1f8ea52200478494c1c",
            "06d598e0f815ac82368844423470f2cd310dfeb4b652fc7e2115a0469af15712",
        ),
    },
    "Industrial": {
        "valid.csv": (
            "12bbb02bced0bd754a8b4e0f9ca4086416e30d12b0b73a2c95e7b195dd67385a",
            "453bbf02a07bd127b470578d22ff79f5f2d3480bb14388598cee9e1c48f3c1c1",
        ),
        "test.csv": (
            "973dd1db4fd549f3f2b40a0f039dbae157ebb92c716197cc246401e4e82c3a46",
            "bedd863fb7a553142c66e1768bad56f7b2879109af2436117e28933e85de45bb",
        ),
        "item.json": (
            "937600c7a03652f55864a1d12d6e9fe8ca3e24ecc4e255a88216b25c5f949496",
            "f67a1687a71208cf6da6525ab0902ee2055b44990da3a623b931252a8cacf1a1",
        ),
    },
}


def _address(shop: str, file: str) -> str:
    folder = FOLDERS[shop]
    if file == "item.json":
        return f"{MIRROR}/index/{folder}.item.json"
    return f"{MIRROR}/{file.removesuffix('.csv')}/{folder}_5_2016-10-2018-11.csv"


FILES = tuple(
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
class AmazonTitles(DataSource):
    """Reviewed products in order, with titles, descriptions and brands.

    The files hold rows of the last fifth of the time: a product and the up to ten before it. Rows
    here are the sequences put together again, user by user in order (column ``order``), with
    ``split`` train for what stands in a first history only, and valid or test for what those files
    ask about. There is no clock.

    Parameters
    ----------
    shop : {"Office", "Industrial"}, default "Office"
        22,447 reviews of 3,231 users and 3,459 products; 22,743, 3,285 and 3,686.

    Raises
    ------
    InputError
        Unknown shop.
    Unavailable
        A file is missing or another one.

    Examples
    --------
    >>> AmazonTitles(shop="Industrial").needed
    ('Industrial/valid.csv', 'Industrial/test.csv', 'Industrial/item.json')
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    card: ClassVar[Card] = Card(
        title="Amazon reviews 2018, Office Products and Industrial & Scientific (MiniOneRec)",
        licence="none stated (McAuley, UCSD: research use with citation); MiniOneRec Apache-2.0",
        citation=(
            "Ni, Li, McAuley, Justifying Recommendations using Distantly-Labeled Reviews and "
            "Fine-Grained Aspects, EMNLP 2019; MiniOneRec, 2025"
        ),
        address="https://github.com/AkaliKong/MiniOneRec",
        files=hashes(FILES),
        redistribution="evaluation only",
        personal_data="numbers of reviewers",
        notes=(
            "The published training rows are too large to be had here, so train holds only the "
            "histories of people who are judged: popularity is theirs, and published figures are "
            "not comparable. Published test rows know the user's earlier test rows; ours do not. "
            "Some people review a product more than once."
        ),
    )
    expected: ClassVar[Mapping[str, int]] = {"Office": 9_732, "Industrial": 9_065}

    shop: str = "Office"

    def __post_init__(self) -> None:
        object.__setattr__(self, "shop", chosen("shop", self.shop, FOLDERS)[0])

    @property
    def needed(self) -> tuple[str, ...]:
        """The files of the shop."""
        return tuple(f"{self.shop}/{file}" for file in HASHES[self.shop])

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the rows to judge, put the sequences together, and read the products."""
        asked = []
        findings: list[str] = []
        for part in ("valid", "test"):
            found = self.find(folder, f"{self.shop}/{part}.csv")
            asked.append(_asked(found.path, part))
            findings += found.findings
        rows = _sequences(pl.concat(asked))
        judged = rows.filter(pl.col("split") != "train").height
        self.find(folder, f"{self.shop}/test.csv").counted(judged, self.expected[self.shop])
        items = self.find(folder, f"{self.shop}/item.json")
        return Dataset(
            name=self.name,
            rows=rows,
            schema=Schema(user="user", item="item"),
            card=self.card,
            targets=_products(unpacked(items.path)),
            findings=(*findings, *items.findings),
        )


def _asked(path: Path, part: str) -> pl.DataFrame:
    """User, the numbers of the products before, and the product asked about."""
    columns = ["user_id", "history_item_id", "item_id"]
    return pl.read_csv(stream(path), columns=columns).select(
        user="user_id",
        history=pl.col("history_item_id").str.extract_all(r"\d+").cast(pl.List(pl.Int64)),
        item="item_id",
        split=pl.lit(part),
    )


def _sequences(asked: pl.DataFrame) -> pl.DataFrame:
    """The history of each user's first row, then what was asked about; validation comes first."""
    known = (
        asked.unique("user", keep="first", maintain_order=True)
        .select("user", item="history", split=pl.lit("train"))
        .explode("item")
        .drop_nulls("item")
    )
    rank = pl.col("user").rank("dense")
    rows = pl.concat([known, asked.select("user", "item", "split")])
    return rows.sort(rank, maintain_order=True).with_columns(
        order=pl.int_range(pl.len(), dtype=pl.Int32).over("user")
    )


def _products(content: bytes) -> pl.DataFrame:
    """Number, title as ``text``, description and brand of each product."""
    told = json.loads(content)
    frame = pl.DataFrame(
        {
            "item": [int(number) for number in told],
            "text": [unescape(product["title"]).strip() for product in told.values()],
            "description": [_joined(product["description"]) for product in told.values()],
            "brand": [product["brand"].strip() for product in told.values()],
        }
    )
    return frame.sort("item")


def _joined(description: str) -> str:
    """Descriptions are Python lists, written out."""
    try:
        pieces = ast.literal_eval(description)
    except (ValueError, SyntaxError):
        return description
    return " ".join(map(str, pieces)) if isinstance(pieces, list) else str(pieces)
