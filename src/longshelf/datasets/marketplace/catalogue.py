"""The simulated catalogue: long-tailed classes, Zipf-popular items, titles from the grammar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.datasets.marketplace.grammar import Grammar
from longshelf.tables import FloatArray, IntArray

__all__ = ["Catalogue", "class_sizes", "make_catalogue"]

SLOTS = {
    "brand": 0.6,
    "adjective": 0.7,
    "colour": 0.6,
    "material": 0.5,
    "purpose": 0.35,
    "size": 0.3,
}
SIBLING = 0.7


@dataclass(frozen=True)
class Catalogue:
    """Items and what is true of them.

    Parameters
    ----------
    frame : polars.DataFrame
        One row per item: item, title, category (as labelled), true_category, department, brand,
        colour, season, seller, price, popularity.
    category : (n,) int array
        True class code.
    popularity : (n,) float array
        Share of attention, summing to 1: Zipf over a random order.
    season : (n,) int array
        Quarter of the year in which the item sells best.
    parts : mapping of str to (n,) str array
        True properties by slot, whether the title tells them or not.
    """

    frame: pl.DataFrame
    category: IntArray
    popularity: FloatArray
    season: IntArray
    parts: Mapping[str, NDArray[np.str_]]


def class_sizes(items: int, classes: int, imbalance: float) -> IntArray:
    """Items per class, falling geometrically from the first to the last.

    Examples
    --------
    >>> class_sizes(60, 3, 4.0).tolist()
    [34, 17, 9]
    """
    share = imbalance ** -(np.arange(classes) / max(classes - 1, 1))
    exact = items * share / share.sum()
    sizes: IntArray = np.maximum(np.floor(exact), 1).astype(np.int64)
    order = np.argsort(sizes - exact, kind="stable")
    sizes[order[: max(items - int(sizes.sum()), 0)]] += 1
    return sizes


def make_catalogue(
    words: Grammar,
    rng: np.random.Generator,
    *,
    items: int,
    imbalance: float,
    zipf: float,
    group_share: float,
    noise: float,
    ambiguity: float,
) -> Catalogue:
    """Draw a catalogue; the dials are those of ``Marketplace``."""
    sizes = class_sizes(items, len(words.classes), imbalance)
    order = rng.permutation(len(sizes))
    category = rng.permutation(np.repeat(order, sizes))
    n = len(category)
    third_party = rng.random(n) < group_share
    season = rng.integers(0, 4, n)
    parts = _parts(words, category, third_party, ambiguity, rng)
    level = rng.normal(3.0, 0.6, len(words.classes))
    price = np.round(np.exp(rng.normal(level[category], 0.35)), 2)
    labelled = _noisy(words, category, sizes[np.argsort(order)], noise, rng)
    frame = pl.DataFrame(
        {
            "item": np.arange(n),
            "title": _written(parts, words.glue),
            "category": words.classes[labelled],
            "true_category": words.classes[category],
            "department": np.array([d.name for d in words.departments])[
                words.department_of[category]
            ],
            "brand": parts["brand"],
            "colour": parts["colour"],
            "season": words.seasons[season],
            "seller": np.where(third_party, "third party", "own"),
            "price": price,
        }
    )
    popularity = _zipf(n, zipf, rng)
    return Catalogue(
        frame.with_columns(popularity=pl.Series(popularity)), category, popularity, season, parts
    )


def _zipf(n: int, exponent: float, rng: np.random.Generator) -> FloatArray:
    weights = np.arange(1, n + 1, dtype=float) ** -exponent
    shares: FloatArray = rng.permutation(weights / weights.sum())
    return shares


def _parts(
    words: Grammar,
    category: IntArray,
    third_party: NDArray[np.bool_],
    ambiguity: float,
    rng: np.random.Generator,
) -> dict[str, NDArray[np.str_]]:
    """One array of words per slot; classes lean to different words of their department.

    Third-party sellers name the class half as often: their titles are harder.
    """
    n = len(category)
    department = words.department_of[category]
    vague = rng.random(n) < np.where(third_party, min(2 * ambiguity, 0.9), ambiguity)
    own_noun = words.nouns[category, rng.integers(0, 2, n)]
    shared = np.stack([d.shared for d in words.departments])
    parts = {
        "brand": words.brands[rng.integers(0, len(words.brands), n)],
        "adjective": _leaning(words, category, "adjectives", rng),
        "colour": words.colours[rng.integers(0, len(words.colours), n)],
        "material": _leaning(words, category, "materials", rng),
        "noun": np.where(vague, shared[department, rng.integers(0, shared.shape[1], n)], own_noun),
        "purpose": _leaning(words, category, "purposes", rng),
        "size": words.sizes[rng.integers(0, len(words.sizes), n)],
    }
    return parts | {
        f"_{slot}": np.where(rng.random(n) < share, parts[slot], "")
        for slot, share in SLOTS.items()
    }


def _leaning(
    words: Grammar, category: IntArray, kind: str, rng: np.random.Generator
) -> NDArray[np.str_]:
    table = np.stack([getattr(d, kind) for d in words.departments])
    lean = rng.dirichlet(np.full(table.shape[1], 0.5), size=len(words.classes))
    cumulative = np.cumsum(lean, axis=1)
    drawn = (rng.random(len(category))[:, None] > cumulative[category]).sum(axis=1)
    place = np.minimum(drawn, table.shape[1] - 1)
    chosen: NDArray[np.str_] = table[words.department_of[category], place]
    return chosen


def _written(parts: dict[str, NDArray[np.str_]], glue: str) -> pl.Series:
    """Slots in the order of the language, absent ones without a gap."""
    english = ("_brand", "_adjective", "_colour", "_material", "noun", "_purpose", "_size")
    chinese = ("_brand", "_colour", "_material", "_adjective", "_purpose", "noun", "_size")
    order = english if glue else chinese
    columns = {slot: parts[slot] for slot in order}
    frame = pl.DataFrame(columns).with_columns(pl.all().replace("", None))
    return frame.select(pl.concat_str(order, separator=glue, ignore_nulls=True)).to_series()


def _noisy(
    words: Grammar, category: IntArray, sizes: IntArray, noise: float, rng: np.random.Generator
) -> IntArray:
    """Wrong labels: a sibling class in 70% of the cases, else any other class by its size."""
    wrong = np.flatnonzero(rng.random(len(category)) < noise)
    labelled = category.copy()
    for k in wrong:
        same = words.department_of == words.department_of[category[k]]
        pool = np.flatnonzero(same if rng.random() < SIBLING else sizes > 0)
        pool = pool[pool != category[k]]
        labelled[k] = rng.choice(pool, p=sizes[pool] / sizes[pool].sum())
    return labelled
