"""A small labelled table with every kind of input, and a fit on it that keeps its features."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

import longshelf as ls
from longshelf.artifact.folder import assemble, open_folder
from longshelf.artifact.frozen import freeze
from longshelf.artifact.refit import Refit, refit
from longshelf.artifact.thawed import thaw
from longshelf.cache import Cache
from longshelf.components import build
from longshelf.tasks.base import Parts, divide

KINDS = ("running shoes", "mugs", "phone cases", "lamps", "tents")
COUNTS = (90, 50, 40, 25, 15)


def table() -> pl.DataFrame:
    """220 titled rows of five classes, with categories, numbers with gaps, and two texts."""
    rng = np.random.default_rng(0)
    code = rng.permutation(np.repeat(np.arange(len(COUNTS)), COUNTS))
    words = [
        ["red", "light", "run"],
        ["tea", "cup"],
        ["phone", "cover"],
        ["lamp", "light"],
        ["camp", "tent"],
    ]
    titles = [
        " ".join([*rng.permutation(words[c]), str(rng.choice(["blue", "new", "large", "cup", "mugs"])), f"n{i % 40}"])
        for i, c in enumerate(code)
    ]  # fmt: skip
    X = rng.normal(size=(len(code), 2)) + np.eye(5)[code][:, :2]
    return pl.DataFrame(
        {
            "kind": [KINDS[c] for c in code],
            "title": titles,
            "other": [f"{KINDS[c]} of a make {i % 7}" for i, c in enumerate(code)],
            "brand": rng.choice(["a", "b", "c", "d"], len(code)).tolist(),
            "season": rng.choice(["w", "s"], len(code)).tolist(),
            "price": [None if i % 9 == 0 else v for i, v in enumerate(X[:, 0].tolist())],
            "grams": X[:, 1].tolist(),
        }
    )


def shop(**roles: Any) -> ls.Dataset:
    given = {
        "text": ("title",), "categorical": ("brand", "season"), "numeric": ("price", "grams"),
    }  # fmt: skip
    return ls.load(table(), label="kind", **(given | roles))


def parts_of(dataset: ls.Dataset, task: str = "classify") -> Parts:
    return divide(build("task", task).pose(dataset), build("split", "stratified"), 0)


def fit(parts: Parts, features: str, model: str, strategy: str, folder: Any) -> Refit:
    return refit(
        parts, build("features", features), build("model", model), build("strategy", strategy),
        lambda: np.random.default_rng(0), Cache(folder / "cache"),
    )  # fmt: skip


def through_ice(things: dict[str, Any], place: Any) -> dict[str, Any]:
    """Frozen into an artifact, and read back from it."""
    made = assemble(place, "classify", "ice", lambda beside: freeze(things, beside / "model"))
    return thaw(open_folder(made), "model")
