"""Online Retail: the invoices of a gift shop over a year, as purchases of items by customers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, hashes
from longshelf.datasets.packed import inner_name, stream
from longshelf.tables import Card, Dataset, Schema

__all__ = ["OnlineRetail"]

SERVICES = r"^(POST|DOT|M|m|C2|D|S|B|BANK CHARGES|AMAZONFEE|CRUK|PADS|gift_.*)$"
FILES = (
    DataFile(
        name="online_retail.csv.gz",
        sha256="98d00fe61566d867c4aa8c4b7fc718eb6a3d0c04983175809b8cbcd215c2d2e8",
    ),
    DataFile(
        name="online_retail.csv",
        sha256="c35975c40d0e1e105090fbb11188a409393055f873841bd012915475fc84e69f",
        strict=False,
    ),
    DataFile(
        name="online+retail.zip",
        address="https://archive.ics.uci.edu/static/public/352/online+retail.zip",
    ),
    DataFile(name="Online Retail.xlsx"),
)


@dataclass(frozen=True, kw_only=True)
class OnlineRetail(DataSource):
    """Purchases of a British gift shop: who bought which item when, with item texts.

    Kept are lines with a customer, of positive quantity and price, not cancelled. ``sources`` are
    the customers with their country, ``targets`` the items with their most frequent description
    and median price (pounds).

    Parameters
    ----------
    services : bool, default False
        Keep codes that are no products (postage, fees, vouchers, manual corrections).

    Raises
    ------
    Unavailable
        The file is missing or another one.

    Examples
    --------
    >>> OnlineRetail(services=True).name
    'online_retail(services=True)'
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    by_hand: ClassVar[str] = "download the zip of UCI data set 352"
    card: ClassVar[Card] = Card(
        title="Online Retail",
        licence="CC BY 4.0 (UCI); CC0 as the R package onlineretail, with the donor's permission",
        citation=(
            "Chen, Sain, Guo, Data mining for the online retail industry, Journal of Database "
            "Marketing and Customer Strategy Management 19, 2012"
        ),
        address="https://archive.ics.uci.edu/dataset/352",
        files=hashes(FILES),
        redistribution="allowed",
        personal_data="customer numbers and countries",
        notes=(
            "541,909 lines. Descriptions of one code vary. UCI's workbook could not be hashed "
            "here: it is accepted with that many lines."
        ),
    )
    expected: ClassVar[int] = 541_909

    services: bool = False

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the invoices from the joined csv or from UCI's workbook."""
        found = self.find(folder)
        lines = _read(found.path)
        found.counted(lines.height, self.expected, "lines")
        rows, findings = self._purchases(lines)
        country = rows.group_by("customer").agg(country=pl.col("country").mode().sort().first())
        return Dataset(
            name=self.name,
            rows=rows,
            schema=Schema(group=("country",), user="customer", item="item", time="time"),
            card=self.card,
            sources=country.sort("customer"),
            targets=_items(rows),
            findings=(*found.findings, *findings),
        )

    def _purchases(self, lines: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
        unwanted = {
            "without a customer": pl.col("customer").is_null(),
            "cancelled": pl.col("invoice").str.starts_with("C"),
            "of no positive quantity or price": (pl.col("quantity") <= 0) | (pl.col("price") <= 0),
        }
        if not self.services:
            unwanted["for services, not products"] = pl.col("item").str.contains(SERVICES)
        findings, rows = [], lines
        for why, which in unwanted.items():
            left = rows.filter(~which)
            findings.append(
                f"{rows.height - left.height:,} of {lines.height:,} lines dropped: {why}"
            )
            rows = left
        return rows.sort("time", "invoice", maintain_order=True), findings


def _read(path: Path) -> pl.DataFrame:
    if inner_name(path).lower().endswith(".xlsx"):
        raw = pl.read_excel(stream(path), infer_schema_length=0)
    else:
        raw = pl.read_csv(stream(path), infer_schema=False)
    text = pl.col(pl.String).str.strip_chars().replace("", None)
    return raw.with_columns(text).select(
        invoice="InvoiceNo",
        item="StockCode",
        description="Description",
        quantity=pl.col("Quantity").cast(pl.Float64).cast(pl.Int64),
        time=pl.col("InvoiceDate").str.to_datetime("%Y-%m-%d %H:%M:%S"),
        price=pl.col("UnitPrice").cast(pl.Float64),
        customer=pl.col("CustomerID").str.strip_suffix(".0"),
        country="Country",
    )


def _items(rows: pl.DataFrame) -> pl.DataFrame:
    return (
        rows.group_by("item")
        .agg(
            text=pl.col("description").drop_nulls().mode().sort().first().fill_null(""),
            price=pl.col("price").median(),
        )
        .sort("item")
    )
