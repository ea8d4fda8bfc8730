"""Open Bandit: clicks on shown fashion items, with the probability of having been shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, chosen, hashes
from longshelf.datasets.packed import stream
from longshelf.tables import Card, Dataset, Schema

__all__ = ["OpenBandit"]

MIRROR = (
    "https://raw.githubusercontent.com/st-tech/zr-obp/8cbd5fa4558b7ad2ba4781546d6604e4cc3e07c4/obd"
)
HASHES = {
    ("bts", "men"): (
        "2c8bb6d49bf9c99873b3f8c967293d5238d0192e1a9532472d60524bb31b6eeb",
        "db6d1f7ed2d591ba521533e45286d4c1fba7fe57a8ad2e80342210335f43c527",
        "3b411ed6b0471316321a6b93f4f756bb25888eac6218cd71d0b603d41d85732d",
    ),
    ("bts", "women"): (
        "52fac6f08cd2ba4d3b43290cae19195e5b1bc214f27fd44b07210abe60a249af",
        "e5d1b49a39b608585a2f3014a3f54970430cd37a495c1b73fceb85cdf428a5b8",
        "a56295bad066a558eb783055afd9279f5f4e209a4776eafc22151c53f0ac89d4",
    ),
    ("random", "men"): (
        "76c5e3245e985cd7da4e29c97a801c4a5e1067dec623c053666b546930e359c8",
        "ede6d08c6877f99cd3770f7d09e26c738e6aa6de4445ccccfb1356ba5d06b1eb",
        "6d855c2b7e917d0448d71bbe62c023147495882c0fdc8c41e86fef86abf9fe09",
    ),
    ("random", "women"): (
        "eafa02e75e1a43ea5a809385657a26a70acb9988a7d284817a623809b3421e79",
        "e65f3bd3beb17664fa69cc129bf7bf852a775f8ffa630506e505fc905315bb34",
        "b1ca4905f97703d196004f2ad4552c1e90c2afad8b50688d333b0d2dc0b33147",
    ),
}


def _files() -> tuple[DataFile, ...]:
    listed = []
    for (policy, campaign), (packed, raw, items) in HASHES.items():
        log, context = (
            f"{policy}/{campaign}/{campaign}.csv",
            f"{policy}/{campaign}/item_context.csv",
        )
        part = f"{policy}/{campaign}"
        listed += [
            DataFile(name=f"{log}.gz", sha256=packed, part=part),
            DataFile(name=log, sha256=raw, address=f"{MIRROR}/{log}", part=part),
            DataFile(
                name=context, sha256=items, address=f"{MIRROR}/{context}", part=f"{part}/items"
            ),
        ]
    return tuple(listed)


USER = tuple(f"user_feature_{k}" for k in range(4))
ITEM = tuple(f"item_feature_{k}" for k in range(1, 4))


@dataclass(frozen=True, kw_only=True)
class OpenBandit(DataSource):
    """Impressions of a Japanese fashion shop: was the shown item clicked?

    Hashed user and item features and the position are categories; affinities of the user to every
    item, and to the shown one, are numbers. Affinity columns carry the campaign's name, since item
    numbers mean another item in each campaign; they are 0 in the other campaign.

    Parameters
    ----------
    policy : {"bts", "random"}, default "bts"
        Who chose the items: Bernoulli Thompson sampling, or chance. Feature hashes differ between
        the two logs, so they are never pooled.
    campaign : {"all", "men", "women"}, default "all"
        ``all`` pools the men's and the women's log (20,000 impressions, 115 clicks under ``bts``);
        the publisher's own third campaign of that name is not in the small version.

    problem : {"click", "interactions"}, default "click"
        Whether a shown item is clicked, or the clicked items alone, to rank. The log names no
        users: there the user is a segment, the campaign and the four user features (some 60 with
        a click), so one sees that ranking runs, not how good it is.

    Raises
    ------
    InputError
        Unknown policy, campaign or problem.
    Unavailable
        A file is missing or another one.

    References
    ----------
    .. [1] Saito et al., Open Bandit Dataset and Pipeline, NeurIPS Datasets and Benchmarks 2021,
       arXiv:2008.07146.

    Examples
    --------
    >>> OpenBandit(policy="random", campaign="men").needed
    ('random/men', 'random/men/items')
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = _files()
    card: ClassVar[Card] = Card(
        title="Open Bandit Dataset, small version",
        licence="Apache-2.0 (the repository that ships it)",
        citation="Saito, Aihara, Matsutani, Narita, Open Bandit Dataset and Pipeline, 2021",
        address="https://github.com/st-tech/zr-obp/tree/master/obd",
        files=hashes(files),
        redistribution="allowed",
        personal_data="hashed user features; no user id",
        notes=(
            "10,000 impressions and 46 to 69 clicks per log: most differences between models "
            "cannot be told from so few. Propensity is the probability that the policy shows this "
            "item at this position."
        ),
    )

    policy: str = "bts"
    campaign: str = "all"
    problem: str = "click"

    def __post_init__(self) -> None:
        chosen("policy", self.policy, ("bts", "random"))
        chosen("campaign", self.campaign, ("all", "men", "women"))
        chosen("problem", self.problem, ("click", "interactions"))

    @property
    def campaigns(self) -> tuple[str, ...]:
        """The logs that are read."""
        return ("men", "women") if self.campaign == "all" else (self.campaign,)

    @property
    def needed(self) -> tuple[str, ...]:
        """The log and the item table of each campaign."""
        places = [f"{self.policy}/{campaign}" for campaign in self.campaigns]
        return tuple(part for place in places for part in (place, f"{place}/items"))

    def load(self, folder: Path | None = None) -> Dataset:
        """Read and pool the logs."""
        rows = pl.concat(
            [self._campaign(campaign, folder) for campaign in self.campaigns], how="diagonal"
        )
        affinities = [name for name in rows.columns if "_affinity_" in name]
        rows = rows.with_columns(pl.col(affinities).fill_null(0.0)).sort("timestamp", "item")
        clicked = rows.filter(pl.col("click") == "click")
        schema = Schema(
            label=("click",),
            categorical=("item", "position", *USER, *ITEM),
            numeric=("item_feature_0", "affinity", *affinities),
            group=("campaign", "position"),
            time="timestamp",
            item="item",
            propensity="propensity",
        )
        if self.problem == "interactions":
            schema = replace(schema, label=(), categorical=(), numeric=(), user="user")
        return Dataset(
            name=self.name,
            rows=rows if self.problem == "click" else clicked,
            schema=schema,
            card=self.card,
            targets=_items(rows),
            findings=(
                f"{clicked.height} clicks in {rows.height:,} impressions, {self.policy} policy",
            ),
        )

    def _campaign(self, campaign: str, folder: Path | None) -> pl.DataFrame:
        place = f"{self.policy}/{campaign}"
        log = pl.read_csv(stream(self.find(folder, place).path), infer_schema_length=None)
        items = pl.read_csv(self.find(folder, f"{place}/items").path)
        prefix = "user-item_affinity_"
        columns = [name for name in log.columns if name.startswith(prefix)]
        table = log.select(columns).to_numpy()
        shown = table[range(log.height), log["item_id"].to_numpy()]
        return (
            log.drop("")
            .join(items.drop(""), on="item_id", how="left", maintain_order="left")
            .with_columns(
                affinity=pl.Series(shown),
                campaign=pl.lit(campaign),
                click=pl.col("click").replace_strict({0: "no click", 1: "click"}),
                item=pl.concat_str(pl.lit(f"{campaign}/"), pl.col("item_id")),
                position=pl.col("position").cast(pl.String),
                timestamp=pl.col("timestamp").str.to_datetime(time_zone="UTC"),
                user=pl.concat_str(
                    pl.lit(campaign), *(pl.col(name).str.head(8) for name in USER), separator=" "
                ),
            )
            .rename({"propensity_score": "propensity"})
            .rename({name: f"{campaign}_affinity_{name.removeprefix(prefix)}" for name in columns})
            .drop("item_id")
        )


def _items(rows: pl.DataFrame) -> pl.DataFrame:
    """The shown items; their hashed features are all the words there are."""
    return (
        rows.select("item", "campaign", *ITEM, "item_feature_0")
        .unique("item")
        .with_columns(text=pl.concat_str(*ITEM, separator=" "))
        .sort("item")
    )
