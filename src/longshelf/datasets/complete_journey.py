"""Complete Journey: a year of a grocer's households, with products, coupons and demographics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, chosen, hashes
from longshelf.datasets.journey_mailings import HISTORY, mailings
from longshelf.datasets.reading.r_data import read_r
from longshelf.datasets.reading.wording import many
from longshelf.tables import Card, Dataset, Schema

__all__ = ["CompleteJourney"]

MIRROR = "https://raw.githubusercontent.com/bradleyboehmke/completejourney/5b5d06192b9856edd04e4d405787af2f2e4a1fef/data"
HASHES: Mapping[str, str] = {
    "campaign_descriptions.rda": "601bd17ea1a6de92cc288f393164813fbaf293b997d44054dcf1f3ebbe8dacee",
    "campaigns.rda": "33c7b3dc1bc722d465f97416fb1327c6a9a640190e464c73e354bce8c001a772",
    "coupon_redemptions.rda": "4b68148175ed19300bb2615d68d1a0300a5f971db3240819ab5d92e5919e1598",
    "coupons.rda": "4d87effce5b8813c0934b581a83292707347577743320ca746878de89cc16f34",
    "demographics.rda": "8b80455bc841003b64e47f5e5c2221f6093b995e923d59e72a1f852c7e268980",
    "products.rda": "a80c6df33623b4af296ae9f317a6647e369db7e8ce7e7baed0e1bf44b9d979e5",
    "transactions_sample.rda": "3abc5ec5a86c25913564a22314ea9ad2ab98160ebe77ee99672e0378929f0a03",
    "transactions.rds": "",
}
FILES = tuple(
    DataFile(name=name, sha256=known, address=f"{MIRROR}/{name}", part=name.partition(".")[0])
    for name, known in HASHES.items()
)
LEVELS: Mapping[str, tuple[str, str]] = {
    "department": ("department", "product_type"),
    "category": ("product_category", "product_type"),
    "type": ("product_type", "product_category"),
}
PROBLEMS = (*LEVELS, "redemption", "purchases")
DEMOGRAPHICS = (
    "age", "income", "home_ownership", "marital_status", "household_size", "household_comp",
    "kids_count",
)  # fmt: skip
GROUPS = ("age", "income", "kids_count")
ROWS: Mapping[str, int] = {"transactions_sample": 75_000, "transactions": 1_469_307}


@dataclass(frozen=True, kw_only=True)
class CompleteJourney(DataSource):
    """A grocer's products, purchases, coupon mailings and households.

    Parameters
    ----------
    problem : {"category", "department", "type", "redemption", "purchases"}, default "category"
        ``category`` (303 classes, 2785:1) and ``department`` (32, 39023:1) of 92,331 products from
        the words of their type and package; ``type`` (2,378, 1005:1) from those of their category
        and package; whether a mailed household used a coupon of the campaign (6,589 mailings, 12%
        did), from the campaign and what was known of the household before it; or who bought what.
    transactions : {"sample", "full"}, default "sample"
        75,000 lines drawn at random, so baskets are thinned, or all 1,469,307; read by
        ``redemption`` and ``purchases``.

    Raises
    ------
    InputError
        Unknown problem.
    Unavailable
        A file is missing or another one, or the package ``rdata`` is.

    Notes
    -----
    For ``category`` and ``department`` the product type is the document that splits keep on one
    side, since it stands in the text and decides the label.

    Examples
    --------
    >>> CompleteJourney(problem="department").needed
    ('products',)
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    card: ClassVar[Card] = Card(
        title="The Complete Journey 2.0 (R package completejourney)",
        licence="CC0",
        citation="84.51°, The Complete Journey; Boehmke, Mohanty, completejourney, 2019",
        address="https://github.com/bradleyboehmke/completejourney",
        files=hashes(FILES),
        redistribution="allowed",
        personal_data="household numbers with age band, income band and family of 801 of them",
        notes=(
            "Demographics are known of 801 households only, and those buy more. 77% of the "
            "products are never sold in the sample. Classes and types of products are upper-case "
            "shop codes. Instants are read as UTC."
        ),
    )

    problem: str = "category"
    transactions: str = "sample"

    def __post_init__(self) -> None:
        object.__setattr__(self, "problem", chosen("problem", self.problem, PROBLEMS)[0])
        told = chosen("transactions", self.transactions, ("sample", "full"))
        object.__setattr__(self, "transactions", told[0])

    @property
    def needed(self) -> tuple[str, ...]:
        """The tables of the problem."""
        lines = "transactions_sample" if self.transactions == "sample" else "transactions"
        if self.problem in LEVELS:
            return ("products",)
        if self.problem == "purchases":
            return (lines, "products", "demographics")
        campaign = ("campaigns", "campaign_descriptions", "coupons", "coupon_redemptions")
        return (*campaign, lines, "demographics")

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the tables of the problem and lay out its rows."""
        tables: dict[str, pl.DataFrame] = {}
        findings: list[str] = []
        for part in self.needed:
            found = self.find(folder, part)
            table = read_r(found.path)
            found.counted(table.height, ROWS.get(part, table.height))
            tables["transactions" if part in ROWS else part] = table
            findings += found.findings
        if self.problem in LEVELS:
            return self._products(tables["products"], findings)
        homes = tables["demographics"].rename({"household_id": "household"})
        if self.problem == "purchases":
            return self._purchases(tables, homes, findings)
        return self._redemption(tables, homes, findings)

    def _products(self, products: pl.DataFrame, findings: list[str]) -> Dataset:
        label, words = LEVELS[self.problem]
        kept = products.drop_nulls(label).with_columns(pl.col(words, "package_size").fill_null(""))
        dropped = products.height - kept.height
        if dropped:
            findings.append(f"{many(dropped, 'product')} dropped: {label} not stated")
        return Dataset(
            name=self.name,
            rows=kept,
            schema=Schema(
                label=(label,),
                text=(words, "package_size"),
                categorical=("brand",),
                group=("brand",),
                id="product_id",
                document=None if self.problem == "type" else words,
            ),
            card=self.card,
            targets=_tree(kept, label),
            findings=tuple(findings),
        )

    def _purchases(
        self, tables: Mapping[str, pl.DataFrame], homes: pl.DataFrame, findings: list[str]
    ) -> Dataset:
        rows = (
            tables["transactions"]
            .select(
                household="household_id",
                item="product_id",
                time=pl.from_epoch((pl.col("transaction_timestamp") * 1e6).cast(pl.Int64), "us"),
                basket="basket_id",
                store="store_id",
                quantity="quantity",
                value="sales_value",
            )
            .join(homes.select("household", *GROUPS), on="household", how="left")
            .sort("time", "basket", "item")
        )
        items = tables["products"].select(
            item="product_id",
            text=pl.concat_str("product_type", "package_size", separator=" ", ignore_nulls=True),
            category="product_category",
            department="department",
            brand="brand",
        )
        sold = rows.select("item").unique().join(items, on="item", how="left").sort("item")
        everyone = rows.select("household").unique().join(homes, on="household", how="left")
        known = everyone.drop_nulls("age").height
        findings += [
            f"{known:,} of {everyone.height:,} households have demographics",
            f"{sold.height:,} products sold, {sold['brand'].null_count():,} of them in no table",
        ]
        return Dataset(
            name=self.name,
            rows=rows,
            schema=Schema(user="household", item="item", time="time", group=GROUPS),
            card=self.card,
            sources=everyone.sort("household"),
            targets=sold.with_columns(pl.col("text").fill_null("")),
            findings=tuple(findings),
        )

    def _redemption(
        self, tables: Mapping[str, pl.DataFrame], homes: pl.DataFrame, findings: list[str]
    ) -> Dataset:
        sent = mailings(tables)
        rows = sent.join(homes, on="household", how="left", maintain_order="left")
        unknown = rows["age"].null_count()
        findings.append(f"{unknown:,} of {rows.height:,} mailings to households not described")
        return Dataset(
            name=self.name,
            rows=rows,
            schema=Schema(
                label=("redeemed",),
                categorical=("campaign_type", *DEMOGRAPHICS),
                numeric=HISTORY,
                group=GROUPS,
                time="start",
                user="household",
            ),
            card=self.card,
            findings=tuple(findings),
        )


def _tree(products: pl.DataFrame, label: str) -> pl.DataFrame | None:
    """Each class and the most frequent class above it."""
    above = {"product_type": "product_category", "product_category": "department"}.get(label)
    if above is None:
        return None
    parent = pl.col(above).drop_nulls().mode().sort().first()
    return products.group_by(name=label).agg(parent=parent).sort("name")
