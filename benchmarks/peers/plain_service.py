"""What a practitioner writes first: FastAPI, Pydantic, one torch product and one top-k a request.

``ARTIFACT`` names the folder of the vectors. Same items, users, filter and number of items as ours;
no tail quota, no events, no trial, no limits.
"""

from __future__ import annotations

import os

import torch
from fastapi import FastAPI
from pydantic import BaseModel

from longshelf.artifact import load, pseudonym

torch.set_num_threads(1)
made = load(os.environ["ARTIFACT"])
ITEMS, VECTORS = torch.from_numpy(made.items.copy()), torch.from_numpy(made.vectors.copy())
PLACE = {user: row for row, user in enumerate(made.users)}
ROWS = made.catalogue.to_dicts()
SHELVES = {
    name: torch.tensor([row["category"] == name for row in ROWS])
    for name in made.catalogue["category"].unique().to_list()
}
PRICES = torch.tensor([row["price"] or 0.0 for row in ROWS])
KEY = os.environ["LONGSHELF_KEY"].encode()

app = FastAPI()


class Asked(BaseModel):
    """A list for a user."""

    user: str
    k: int = 20
    category: str | None = None
    price_max: float | None = None


class Item(BaseModel):
    """An item on a list."""

    item: str
    title: str
    category: str
    price: float | None
    slice: str
    score: float


@app.post("/recommend")
def recommend(asked: Asked) -> list[Item]:
    """The best products of vectors that pass the filter and were not seen."""
    row = PLACE[pseudonym(asked.user, KEY)]
    scores = ITEMS @ VECTORS[row]
    if asked.category is not None:
        scores = scores.masked_fill(~SHELVES[asked.category], -torch.inf)
    if asked.price_max is not None:
        scores = scores.masked_fill(asked.price_max < PRICES, -torch.inf)
    seen = made.seen.indices[made.seen.indptr[row] : made.seen.indptr[row + 1]]
    scores[torch.from_numpy(seen.astype("int64"))] = -torch.inf
    best = torch.topk(scores, asked.k)
    return [
        Item(**{n: v for n, v in ROWS[at].items() if n != "count"}, score=value)
        for at, value in zip(best.indices.tolist(), best.values.tolist())
    ]
