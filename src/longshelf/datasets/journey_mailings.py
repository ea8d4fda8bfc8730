"""Coupon mailings as rows: what was known of a household when a campaign reached it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

__all__ = ["HISTORY", "mailings"]

HISTORY = ("days", "coupons", "products", "mailings", "redemptions", "lines", "spent", "saved")


def mailings(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """One row per campaign and household it was mailed to, in the order of the campaigns' starts.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        ``campaigns``, ``campaign_descriptions``, ``coupons``, ``coupon_redemptions`` and
        ``transactions`` as published, dates as days since 1970.

    Returns
    -------
    polars.DataFrame
        ``household``, ``campaign``, ``campaign_type``, ``start``, the numbers of :data:`HISTORY`
        and ``redeemed``. The campaign gives its length in ``days`` and its numbers of ``coupons``
        and ``products``; the household its earlier ``mailings`` and ``redemptions``, and the
        ``lines``, the money ``spent`` and what coupons ``saved`` in purchases before the start.
    """
    redeemed = tables["coupon_redemptions"].rename({"household_id": "household"})
    sent = (
        tables["campaigns"]
        .join(tables["campaign_descriptions"], on="campaign_id")
        .join(_offered(tables["coupons"]), on="campaign_id", how="left")
        .join(
            redeemed.select(
                "campaign_id", household_id="household", redeemed=pl.lit("yes")
            ).unique(),
            on=["campaign_id", "household_id"],
            how="left",
        )
        .select(
            household="household_id",
            campaign="campaign_id",
            campaign_type="campaign_type",
            start="start_date",
            days=pl.col("end_date") - pl.col("start_date"),
            coupons=pl.col("coupons").fill_null(0),
            products=pl.col("products").fill_null(0),
            redeemed=pl.col("redeemed").fill_null("no"),
        )
        .sort("start", "campaign", "household")
    )
    earlier = sent.select("household", day="start", mailings=pl.lit(1))
    used = redeemed.select("household", day="redemption_date", redemptions=pl.lit(1))
    bought = tables["transactions"].select(
        household="household_id",
        day=(pl.col("transaction_timestamp") / 86_400).floor(),
        lines=pl.lit(1),
        spent="sales_value",
        saved=pl.col("coupon_disc") + pl.col("coupon_match_disc"),
    )
    for events in (earlier, used, bought):
        sent = _before(sent, events)
    return sent.with_columns(
        pl.from_epoch(pl.col("start").cast(pl.Int32), time_unit="d").cast(pl.Datetime("us"))
    )


def _offered(coupons: pl.DataFrame) -> pl.DataFrame:
    return coupons.group_by("campaign_id").agg(
        coupons=pl.col("coupon_upc").n_unique(), products=pl.col("product_id").n_unique()
    )


def _before(sent: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Sums of each household's events on days before the start; the day itself is not known yet."""
    values = [name for name in events.columns if name not in ("household", "day")]
    running = (
        events.group_by("household", "day")
        .agg(pl.col(values).sum())
        .sort("household", "day")
        .with_columns(pl.col(values).cum_sum().over("household"))
        .sort("day")
    )
    joined = (
        sent.with_row_index()
        .sort("start")
        .join_asof(
            running,
            left_on="start",
            right_on="day",
            by="household",
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
    )
    return (
        joined.sort("index")
        .drop("index", "day", strict=False)
        .with_columns(pl.col(values).fill_null(0))
    )
