"""Item demand: next period's sales of a product from its last ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, chosen, hashes
from longshelf.errors import InputError
from longshelf.tables import Card, Dataset, Schema

__all__ = ["ItemDemand"]

FILES = (
    DataFile(
        name="Sales_Transactions_Dataset_Weekly.csv",
        sha256="c406378a12fd93d4ac6c3751bca8bc345554461e000d3708759cef26e0bb8cc1",
        address="https://raw.githubusercontent.com/saritmaitra/Segmentation-Clustering/b82e2fd7e7ac76807c6f1883cd6878182b11c1f6/Sales_Transactions_Dataset_Weekly.csv",
        strict=False,
        part="weekly",
    ),
    DataFile(
        name="carparts.derived.csv",
        sha256="d6bfc5e89ee3bd6ab70fb071b66ed4952cbf7322da217e5a47dea98173d368b8",
        strict=False,
        part="car_parts",
    ),
)


@dataclass(frozen=True, kw_only=True)
class ItemDemand(DataSource):
    """Intermittent demand: many zeros, few large sales, and the large ones matter.

    One row per product and period that has a full history of lags: the target is the demand of
    that period, the inputs are the demands before it, their mean, and the share of zeros.

    Parameters
    ----------
    series : {"weekly", "car_parts"}, default "weekly"
        811 products over 52 weeks, or 2,674 spare parts over 51 months (74.8% zeros).
    lags : int >= 1, default 8
        Periods of history each row sees.

    Raises
    ------
    InputError
        Unknown series, or more lags than periods.
    Unavailable
        The file is missing or another one.

    Examples
    --------
    >>> ItemDemand(series="car_parts", lags=6).needed
    ('car_parts',)
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    by_hand: ClassVar[str] = (
        "in R: write.csv(data.frame(month = 0:50, as.matrix(expsmooth::carparts)), "
        "'carparts.derived.csv', row.names = FALSE, na = '')"
    )
    card: ClassVar[Card] = Card(
        title="Sales Transactions Weekly (UCI 396) and carparts (R package expsmooth)",
        licence="CC BY 4.0 (weekly), GPL-3 (carparts)",
        citation=(
            "Tan, San Lau, Time series clustering: a superior alternative for market basket "
            "analysis, 2014; Hyndman, Koehler, Ord, Snyder, Forecasting with Exponential "
            "Smoothing, 2008"
        ),
        address="https://archive.ics.uci.edu/dataset/396",
        files=hashes(FILES),
        redistribution="allowed",
        notes=(
            "No prices, dates or names. Missing months of parts (4.5%) are dropped: 74.8% of the "
            "known months are zero, 75.9% where missing ones are counted as zero."
        ),
    )

    expected: ClassVar[Mapping[str, int]] = {"weekly": 811, "car_parts": 2_674}

    series: str = "weekly"
    lags: int = 8

    def __post_init__(self) -> None:
        chosen("series", self.series, ("weekly", "car_parts"))
        if not 1 <= self.lags <= 50:
            raise InputError(f"lags is between 1 and 50 periods, got {self.lags}")

    @property
    def needed(self) -> tuple[str, ...]:
        """The file of the chosen series."""
        return (self.series,)

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the series and lay them out, one row per product and period."""
        found = self.find(folder, self.series)
        long = _weekly(found.path) if self.series == "weekly" else _parts(found.path)
        found.counted(long["product"].n_unique(), self.expected[self.series], "products")
        names = [f"lag_{k}" for k in range(1, self.lags + 1)]
        lagged = long.sort("product", "period").with_columns(
            pl.col("demand").shift(k).over("product").alias(name)
            for k, name in enumerate(names, start=1)
        )
        whole = lagged.drop_nulls(["demand", *names])
        zeros = pl.mean_horizontal(pl.col(name) == 0 for name in names)
        rows = whole.with_columns(
            history_mean=pl.mean_horizontal(names),
            history_zeros=zeros,
            history=pl.when(zeros == 0)
            .then(pl.lit("no zeros"))
            .when(zeros < 0.5)
            .then(pl.lit("some zeros"))
            .otherwise(pl.lit("mostly zeros")),
        )
        dropped = long.height - rows.height
        return Dataset(
            name=self.name,
            rows=rows.sort("period", "product"),
            schema=Schema(
                label=("demand",),
                numeric=(*names, "history_mean", "history_zeros"),
                group=("history",),
                time="period",
                item="product",
            ),
            card=self.card,
            findings=(
                *found.findings,
                f"{dropped:,} of {long.height:,} product periods dropped: fewer than "
                f"{self.lags} known periods before them, or demand not known",
            ),
        )


def _weekly(path: Path) -> pl.DataFrame:
    frame = pl.read_csv(path)
    weeks = [f"W{week}" for week in range(52)]
    return frame.unpivot(
        on=weeks, index="Product_Code", variable_name="period", value_name="demand"
    ).select(
        product="Product_Code",
        period=pl.col("period").str.strip_prefix("W").cast(pl.Int64),
        demand=pl.col("demand").cast(pl.Float64),
    )


def _parts(path: Path) -> pl.DataFrame:
    frame = pl.read_csv(path, infer_schema_length=None)
    return frame.unpivot(index="month", variable_name="product", value_name="demand").select(
        "product", period=pl.col("month").cast(pl.Int64), demand=pl.col("demand").cast(pl.Float64)
    )
