"""A shop of a few hundred items, saved as an artifact."""

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.artifact import pseudonym, save_recommender

KEY = b"a key of sixteen bytes or more"
KINDS = ("Shoes", "Mugs", "Lamps", "Books")
COLOURS = ("Red", "Blue", "Green", "Black", "White")


def user_name(number):
    return f"user {number}"


def goods(n, rng):
    rank = np.arange(n)
    kind = rng.integers(len(KINDS), size=n)
    titles = [
        f"{COLOURS[i % 5]} {KINDS[k]} number {i}" for i, k in zip(rank.tolist(), kind.tolist())
    ]
    price = np.where(rank % 11 == 0, np.nan, 5 + rank % 50).astype(float)
    return pl.DataFrame(
        {
            "item": [f"i{i}" for i in rank], "title": titles,
            "category": [KINDS[k] for k in kind], "price": pl.Series(price).fill_nan(None),
            "count": (1000 / (rank + 1)).astype(int) + 1,
            "slice": np.where(rank < n // 10, "head", np.where(rank < n // 3, "torso", "tail")),
        }
    )  # fmt: skip


def save_shop(
    folder, *, n=300, users=40, width=8, seed=0, biased=True, name="shop", replace=False, **more
):
    rng = np.random.default_rng(seed)
    items = rng.normal(size=(n, width)).astype(np.float32)
    vectors = rng.normal(size=(users, width)).astype(np.float32)
    if biased:
        items[:, -1] = np.linspace(2, 0, n)
        vectors[:, -1] = 1
    seen = sp.random(users, n, density=0.03, random_state=rng, format="csr")
    return save_recommender(
        folder, name=name, card={"data": "made up"}, catalogue=more.pop("catalogue", goods(n, rng)),
        items=items, users=[pseudonym(user_name(u), KEY) for u in range(users)], vectors=vectors,
        seen=seen, biased=biased, replace=replace, **more,
    )  # fmt: skip
