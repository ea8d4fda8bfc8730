"""A small world of users, items and their texts, for the rankers."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from longshelf.strategies import Strategy
from longshelf.tables import Rows, Targets, Valid


def rows_of(user, item, weight=None, inputs=None):
    code = np.asarray(item, dtype=np.int64)
    user = np.asarray(user)
    return Rows(
        id=np.arange(len(code)),
        inputs=pl.DataFrame({"user": user}) if inputs is None else inputs,
        y=code,
        code=code,
        groups=pl.DataFrame(),
        weight=weight,
        source=user - 1,
    )


@dataclass(frozen=True)
class World:
    """Ids start at 1; ``matrix`` holds who has what, row 0 empty."""

    X: np.ndarray
    rows: Rows
    targets: Targets
    matrix: np.ndarray

    def fit(self, model, strategy=None, X=None, rows=None, seed=0):
        rows = self.rows if rows is None else rows
        X = self.X if X is None else X
        valid = Valid(X=X[:0], rows=rows.take(np.arange(0)))
        rng = np.random.default_rng(seed)
        return model.fit(X, rows, valid, self.targets, strategy or Strategy(), rng)

    @property
    def everyone(self):
        return np.arange(len(self.matrix))[:, None]


def world_of(matrix, text=None, parents=None, order=None):
    user, item = np.nonzero(matrix)
    if order is not None:
        user, item = user[order], item[order]
    names = np.array([f"i{i}" for i in range(matrix.shape[1])])
    targets = Targets(
        names=names,
        kind="item",
        text=None if text is None else np.asarray(text),
        parents=None if parents is None else np.asarray(parents),
    )
    rows = rows_of(user, item)
    return World(user[:, None], rows, targets.observed(rows), matrix)


@pytest.fixture
def make_world():
    return world_of


@pytest.fixture
def make_rows():
    return rows_of


@pytest.fixture(scope="session")
def world():
    """40 users with tastes, 25 items, the last of them never had; item 0 is popular."""
    draw = np.random.default_rng(3)
    taste, kind = draw.integers(3, size=41), np.arange(25) % 3
    chance = np.where(taste[:, None] == kind, 0.45, 0.08)
    chance[:, 0] = 0.6
    matrix = (draw.random((41, 25)) < chance).astype(float)
    matrix[0], matrix[:, 24] = 0, 0
    matrix[1:, 1] = np.maximum(matrix[1:, 1], matrix[1:].sum(axis=1) == 0)
    words = ["red shoe leather", "blue shirt cotton", "green mug china"]
    text = [f"{words[kind[i]]} number{i}" for i in range(25)]
    return world_of(matrix, text, [f"k{k}" for k in kind])
