"""The simulated shop as a data set: dials in, rows with a known truth out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl

from longshelf.datasets.base import DataSource, chosen
from longshelf.datasets.gains import graded
from longshelf.datasets.marketplace.ads import make_ads
from longshelf.datasets.marketplace.behaviour import (
    SLATE,
    Behaviour,
    examination,
    make_behaviour,
)
from longshelf.datasets.marketplace.catalogue import Catalogue, make_catalogue
from longshelf.datasets.marketplace.grammar import LANGUAGES, Grammar, grammar
from longshelf.datasets.marketplace.news import LIVES, make_news
from longshelf.datasets.marketplace.search import GRADES, judgements, queries
from longshelf.errors import InputError
from longshelf.tables import Card, Dataset, Schema

__all__ = ["Marketplace"]

PROBLEMS = ("category", "purchase", "interactions", "search", "news", "ads")
CHUNK = 10_000
BOUNDS = {
    "users": (1, 10_000_000),
    "items": (100, 1_000_000),
    "imbalance": (1, 100_000),
    "zipf": (0, 3),
    "group_share": (0, 1),
    "noise": (0, 0.9),
    "ambiguity": (0, 1),
    "position_decay": (0, 5),
    "life": (0.5, 1000),
    "bursts": (0, 100),
    "slots": (1, SLATE),
}


@dataclass(frozen=True, kw_only=True)
class Marketplace(DataSource):
    """A simulated shop that needs no file: the embedded default, and a truth to check against.

    40 classes in 8 departments, of geometrically falling size; items of Zipf popularity; titles
    from a grammar, vague ones and wrong labels included; users in a majority and a minority with
    opposed tastes; slates of ten items clicked with examination × attraction, then put in the cart
    and sometimes bought. Probabilities are kept in ``true_click`` and ``true_purchase``, labels
    before noise in ``true_category``; no schema names them, so no model reads them.

    Parameters
    ----------
    problem : {"category", "purchase", "interactions", "search", "news", "ads"}, default "category"
        Category from title; purchase from impression (rare positive, with propensity); who
        clicked what when; products judged exact, substitute, complement or irrelevant (3 to 0)
        for what users typed; who read which article of a feed in which articles die and topics
        burst; or clicks on ads in slots, won by auction with a logged propensity.
    users : int, default 2000
        1 to 10 million; the category problem needs none. In search each types one query.
    items : int, default 6000
        Size of the catalogue.
    imbalance : float >= 1, default 200
        Largest class against smallest.
    zipf : float, default 1.0
        Exponent of item popularity.
    group_share : float in [0, 1], default 0.15
        Share of minority users, and of third-party sellers, whose titles are vaguer.
    noise : float, default 0.02
        Share of wrong category labels, most of them a sibling's.
    ambiguity : float, default 0.25
        Share of titles that name only the department; doubled for third-party sellers.
    position_decay : float, default 0.7
        Position k is looked at with probability k**-decay.
    life : float, default 18.0
        Hours in which an article loses half of its attention; after five times that it is dead.
    bursts : float, default 3.0
        Mean number of bursts of a topic in the four weeks of news.
    slots : int, default 3
        Ads on a page.
    language : {"en", "zh"}, default "en"
        Of titles and class names.
    seed : int, default 0
        Equal seeds and dials give equal bytes.

    Raises
    ------
    InputError
        A dial out of its bounds.

    Examples
    --------
    >>> shop = Marketplace(items=500).load()
    >>> shop.schema.label, shop.rows.height
    (('category',), 500)
    """

    abstract: ClassVar[bool] = False
    card: ClassVar[Card] = Card(
        title="Marketplace, a simulated shop",
        licence="Apache-2.0",
        redistribution="allowed",
        notes="Simulated; no real person, brand or product. The truth is known.",
    )

    problem: str = "category"
    users: int = 2000
    items: int = 6000
    imbalance: float = 200.0
    zipf: float = 1.0
    group_share: float = 0.15
    noise: float = 0.02
    ambiguity: float = 0.25
    position_decay: float = 0.7
    life: float = 18.0
    bursts: float = 3.0
    slots: int = 3
    language: str = "en"
    seed: int = 0

    def __post_init__(self) -> None:
        chosen("problem", self.problem, PROBLEMS)
        chosen("language", self.language, LANGUAGES)
        for dial, (low, high) in BOUNDS.items():
            value = getattr(self, dial)
            if not low <= value <= high:
                raise InputError(f"Marketplace's {dial} is {value}, wanted {low:,} to {high:,}")
        if self.seed < 0:
            raise InputError(f"Marketplace's seed is {self.seed}, wanted 0 or more")

    @cached_property
    def words(self) -> Grammar:
        """The grammar of the language."""
        return grammar(self.language)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The items; the same whatever the number of users."""
        return make_catalogue(
            self.words,
            self._rng(0),
            items=self.items,
            imbalance=self.imbalance,
            zipf=self.zipf,
            group_share=self.group_share,
            noise=self.noise,
            ambiguity=self.ambiguity,
        )

    @cached_property
    def behaviour(self) -> Behaviour:
        """How users choose."""
        return make_behaviour(
            self.catalogue, self._rng(1), group_share=self.group_share, decay=self.position_decay
        )

    def _rng(self, *key: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

    def chunks(self) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """Users and their impressions, 10,000 users at a time; each chunk has its own stream."""
        for k, first in enumerate(range(0, self.users, CHUNK)):
            rng = self._rng(2, k)
            users = self.behaviour.users(first, min(CHUNK, self.users - first), rng)
            yield users, self.behaviour.impressions(users, rng)

    def write(self, folder: Path) -> Path:
        """Stream the whole shop to Parquet in bounded memory.

        Parameters
        ----------
        folder : Path
            Gets ``items.parquet``, ``users/part-*.parquet``, ``impressions/part-*.parquet`` and
            ``about.json`` (dials, examination curve).

        Returns
        -------
        Path
            The folder.
        """
        folder = Path(folder)
        for name in ("users", "impressions"):
            (folder / name).mkdir(parents=True, exist_ok=True)
            for old in (folder / name).glob("part-*.parquet"):
                old.unlink()
        self.catalogue.frame.write_parquet(folder / "items.parquet")
        for k, (users, impressions) in enumerate(self.chunks()):
            users.write_parquet(folder / "users" / f"part-{k:05d}.parquet")
            impressions.write_parquet(folder / "impressions" / f"part-{k:05d}.parquet")
        curve = examination(self.position_decay).round(6).tolist()
        about = {"dials": asdict(self), "slate": SLATE, "examination": curve}
        (folder / "about.json").write_text(json.dumps(about, indent=1, ensure_ascii=False))
        return folder

    def load(self, folder: Path | None = None) -> Dataset:
        """Simulate the problem's rows; ``folder`` is not read."""
        if self.problem == "category":
            return self._categories()
        if self.problem == "purchase":
            return self._purchases()
        if self.problem == "search":
            return self._search()
        if self.problem == "news":
            return self._news()
        return self._ads() if self.problem == "ads" else self._interactions()

    def _categories(self) -> Dataset:
        frame = self.catalogue.frame
        wrong = int((frame["category"] != frame["true_category"]).sum())
        words = self.words
        parents = np.array([d.name for d in words.departments])[words.department_of]
        return Dataset(
            name=self.name,
            rows=frame.drop("popularity"),
            schema=Schema(label=("category",), text=("title",), group=("seller",), id="item"),
            card=self._card(),
            targets=pl.DataFrame({"name": words.classes, "parent": parents}),
            findings=(
                f"simulated: {wrong:,} of {frame.height:,} labels are wrong on purpose; "
                "true_category holds the truth",
            ),
        )

    def _purchases(self) -> Dataset:
        shown = pl.concat([impressions for _, impressions in self.chunks()])
        traits = self.catalogue.frame.select(
            "item", "brand", "colour", "season", "seller", category="true_category"
        )
        rows = shown.join(traits, on="item", how="left", maintain_order="left").with_columns(
            purchase=pl.when("purchase").then(pl.lit("yes")).otherwise(pl.lit("no")),
            month=pl.col("time").dt.month().cast(pl.String),
            position=pl.col("position").cast(pl.String),
        )
        bought = int((rows["purchase"] == "yes").sum())
        return Dataset(
            name=self.name,
            rows=rows.sort("time", "user", "position", maintain_order=True),
            schema=Schema(
                label=("purchase",),
                categorical=("category", "brand", "season", "seller", "month", "position"),
                numeric=("price",),
                group=("group", "position"),
                time="time",
                user="user",
                item="item",
                propensity="propensity",
                document="user",
            ),
            card=self._card(),
            findings=(f"simulated: {bought:,} purchases in {rows.height:,} impressions",),
        )

    def _interactions(self) -> Dataset:
        parts = [(users, shown.filter("click")) for users, shown in self.chunks()]
        clicks = pl.concat([shown for _, shown in parts]).select(
            "user", "item", "time", "group", "position", "propensity", "purchase"
        )
        items = self.catalogue.frame
        return Dataset(
            name=self.name,
            rows=clicks.sort("time", "user"),
            schema=Schema(
                user="user", item="item", time="time", group=("group",), propensity="propensity"
            ),
            card=self._card(),
            sources=pl.concat([users for users, _ in parts]).select("user", "group"),
            targets=items.select("item", "price", text="title", category="true_category"),
            findings=(f"simulated: {clicks.height:,} clicks of {self.users:,} users",),
        )

    def _search(self) -> Dataset:
        asked = queries(self.catalogue, self.words, self.users, self._rng(7))
        judged = judgements(self.catalogue, self.words, asked, self._rng(8))
        asked = asked.with_columns(
            demand=pl.when(pl.col("searches") > 1)
            .then(pl.lit("repeated"))
            .otherwise(pl.lit("once"))
        ).select("query", "text", "kind", "demand", "searches")
        told = asked.select("query", "kind", "demand", query_text="text")
        return Dataset(
            name=self.name,
            rows=judged.join(told, on="query", maintain_order="left").with_columns(
                graded(judged["label"], GRADES)
            ),
            schema=Schema(
                label=("label",),
                text=("query_text",),
                query="query",
                item="item",
                grade="grade",
                group=("kind", "demand"),
            ),
            card=self._card(),
            sources=asked,
            targets=self.catalogue.frame.select(
                "item", "price", text="title", category="true_category"
            ),
            findings=(
                f"simulated: {judged.height:,} judgements for {asked.height:,} distinct queries of "
                f"{self.users:,} searches",
            ),
        )

    def _news(self) -> Dataset:
        feed, articles = make_news(
            self.behaviour, self.language, self._rng(3), life=self.life, bursts=self.bursts
        )
        users = pl.concat(list(self._crowds()))
        shown = feed.impressions(users, self._rng(4))
        clicks = shown.filter("click").drop("click")
        return Dataset(
            name=self.name,
            rows=clicks.sort("time", "user"),
            schema=Schema(
                user="user", item="item", time="time", group=("group",), propensity="propensity"
            ),
            card=self._card(),
            sources=users.select("user", "group"),
            targets=articles,
            findings=(
                f"simulated: {clicks.height:,} clicks of {users.height:,} users in 28 days; an "
                f"article is shown for {LIVES * self.life:g} hours at most",
            ),
        )

    def _ads(self) -> Dataset:
        auction = make_ads(self.behaviour, self._rng(5), slots=self.slots)
        shown = pl.concat(
            [auction.impressions(part, self._rng(6, k)) for k, part in enumerate(self._crowds())]
        )
        traits = self.catalogue.frame.select(
            "item", "title", "brand", "price", category="true_category"
        )
        clicked = int(shown["click"].sum())
        rows = shown.join(traits, on="item", how="left", maintain_order="left").with_columns(
            click=pl.when("click").then(pl.lit("yes")).otherwise(pl.lit("no")),
            slot=pl.col("slot").cast(pl.String),
            month=pl.col("time").dt.month().cast(pl.String),
        )
        return Dataset(
            name=self.name,
            rows=rows.sort("time", "page", "slot", maintain_order=True),
            schema=Schema(
                label=("click",),
                text=("title",),
                categorical=("category", "brand", "slot", "month"),
                numeric=("price",),
                group=("group", "slot"),
                time="time",
                user="user",
                item="item",
                propensity="propensity",
                document="user",
                chance="true_appeal",
            ),
            card=self._card(),
            findings=(f"simulated: {clicked:,} clicks on {rows.height:,} ads shown",),
        )

    def _crowds(self) -> Iterator[pl.DataFrame]:
        """The users of each chunk, as :meth:`chunks` draws them."""
        for k, first in enumerate(range(0, self.users, CHUNK)):
            yield self.behaviour.users(first, min(CHUNK, self.users - first), self._rng(2, k))

    def _card(self) -> Card:
        from dataclasses import replace

        return replace(self.card, language=self.language)
