"""Queries typed in the simulated shop, and graded judgements of the items pooled for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.datasets.marketplace.catalogue import Catalogue
from longshelf.datasets.marketplace.grammar import Grammar
from longshelf.tables import FloatArray, IntArray

__all__ = ["GRADES", "WANTS", "judgements", "queries"]

WANTS = {"brand": 0.2, "colour": 0.35, "material": 0.25, "purpose": 0.2}
"""How often a query names each property of the item meant."""
VAGUE = 0.15
"""Share of queries that name only the department."""
POOL = {"named": 24, "department": 8, "anywhere": 8}
"""Items judged for a query: of what it names, of the department, of the whole shop."""
GRADES = {"exact": 3.0, "substitute": 2.0, "complement": 1.0, "irrelevant": 0.0}


@dataclass(frozen=True)
class _Shop:
    """The catalogue as judges see it.

    Parameters
    ----------
    popularity : (n,) float array
    category, department : (n,) int array
    property : (n, 4) str array
        In the order of :data:`WANTS`.
    """

    popularity: FloatArray
    category: IntArray
    department: IntArray
    property: NDArray[np.str_]


def queries(
    catalogue: Catalogue, words: Grammar, searches: int, rng: np.random.Generator
) -> pl.DataFrame:
    """Distinct queries of so many searches, each meant for an item drawn by popularity.

    Parameters
    ----------
    catalogue : Catalogue
        What is searched.
    words : Grammar
        What queries are written with.
    searches : int
        Queries typed; the same words are one query.
    rng : numpy.random.Generator
        Every draw follows it.

    Returns
    -------
    polars.DataFrame
        query, text, kind (``own words`` if the noun is the first of its class's two, ``other
        words``, or ``vague``), searches, category (-1 if vague), department, and the properties
        asked for, empty where none is.
    """
    item = rng.choice(len(catalogue.popularity), size=searches, p=catalogue.popularity)
    category = catalogue.category[item]
    department = words.department_of[category]
    vague, second = rng.random(searches) < VAGUE, rng.integers(0, 2, searches)
    shared = np.stack([one.shared for one in words.departments])
    noun = np.where(
        vague,
        shared[department, rng.integers(0, shared.shape[1], searches)],
        words.nouns[category, second],
    )
    asked = {
        name: np.where(rng.random(searches) < share, catalogue.parts[name][item], "")
        for name, share in WANTS.items()
    }
    frame = pl.DataFrame(
        {
            **asked,
            "noun": noun,
            "kind": np.where(vague, "vague", np.array(["own words", "other words"])[second]),
            "category": np.where(vague, -1, category),
            "department": department,
        }
    )
    order = ("brand", "colour", "material", "noun", "purpose")
    text = pl.concat_str([pl.col(name).replace("", None) for name in order],
                         separator=words.glue, ignore_nulls=True)  # fmt: skip
    typed = frame.with_columns(text=text)
    many = typed.group_by("text").len("searches")
    distinct = typed.unique("text", keep="first", maintain_order=True).drop("noun")
    return distinct.join(many, on="text", maintain_order="left").with_row_index("query")


def judgements(
    catalogue: Catalogue, words: Grammar, asked: pl.DataFrame, rng: np.random.Generator
) -> pl.DataFrame:
    """Pool items for every query, popular and fitting ones first, and grade them by the truth.

    Exact: of the class named (the department, where the query is vague), with every property
    asked for. Substitute: without one of them. Complement: of another class of the department,
    sharing a property asked for. All else is irrelevant.

    Returns
    -------
    polars.DataFrame
        query, item, label; each pair once.
    """
    shop = _Shop(
        catalogue.popularity,
        catalogue.category,
        words.department_of[catalogue.category],
        np.stack([catalogue.parts[name] for name in WANTS], axis=1),
    )
    inside = [np.flatnonzero(shop.category == k) for k in range(len(words.classes))]
    around = [np.flatnonzero(shop.department == k) for k in range(len(words.departments))]
    wanted = asked.select(*WANTS).to_numpy().astype(str)
    category, department = asked["category"].to_numpy(), asked["department"].to_numpy()
    found = []
    for k in range(asked.height):
        near = around[department[k]]
        named = near if category[k] < 0 else inside[category[k]]
        pool = np.concatenate(
            [
                _drawn(shop, named, wanted[k], POOL["named"], rng),
                _drawn(shop, near, wanted[k], POOL["department"], rng),
                rng.integers(0, len(shop.category), POOL["anywhere"]),
            ]
        )
        pool = np.unique(pool)
        label = _labels(shop, pool, wanted[k], category[k], department[k])
        found.append(pl.DataFrame({"item": pool, "label": label}).with_columns(query=pl.lit(k)))
    return pl.concat(found).select(pl.col("query").cast(pl.UInt32), "item", "label")


def _drawn(
    shop: _Shop, among: IntArray, wanted: NDArray[np.str_], many: int, rng: np.random.Generator
) -> IntArray:
    """Items without replacement, by the root of popularity times e for each property met."""
    met = _met(shop, among, wanted).sum(axis=1)
    key = 0.5 * np.log(shop.popularity[among]) + met + rng.gumbel(size=len(among))
    return among[np.argsort(-key, kind="stable")[:many]]


def _met(shop: _Shop, items: IntArray, wanted: NDArray[np.str_]) -> NDArray[np.bool_]:
    met: NDArray[np.bool_] = (shop.property[items] == wanted) & (wanted != "")
    return met


def _labels(
    shop: _Shop, items: IntArray, wanted: NDArray[np.str_], category: int, department: int
) -> NDArray[np.str_]:
    met = _met(shop, items, wanted)
    near = shop.department[items] == department
    named = near if category < 0 else shop.category[items] == category
    whole = met.sum(axis=1) == np.count_nonzero(wanted != "")
    return np.select(
        [named & whole, named, near & met.any(axis=1)],
        ["exact", "substitute", "complement"],
        "irrelevant",
    )
