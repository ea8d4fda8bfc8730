"""Ids and features side by side."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp

from longshelf.components import show
from longshelf.errors import InputError, NotApplicable
from longshelf.features import Combined, Ids, Tabular, TfIdf
from longshelf.tables import Rows, Schema

SCHEMA = Schema(text=("title",), numeric=("price",), user="user")


def part(users: list[str | None]) -> Rows:
    n = len(users)
    frame = pl.DataFrame(
        {"user": users, "title": ["red shirt"] * n, "price": np.arange(n, dtype=float)},
        schema_overrides={"user": pl.String},
    )
    y = np.zeros(n, np.int64)
    return Rows(id=np.arange(n), inputs=frame, y=y, code=y, groups=pl.DataFrame())


def test_known_ids_are_told_apart_and_unknown_ones_are_zero() -> None:
    fitted = Ids().fit(part(["u2", "u1", "u2", None]), SCHEMA)
    X = fitted.transform(part(["u1", "u2", "u3", None]))
    assert X.tolist() == [[1], [2], [0], [0]]
    assert X.dtype == np.int64
    assert fitted.size == 3


def test_ids_need_a_column() -> None:
    with pytest.raises(NotApplicable, match="name one"):
        Ids().fit(part(["a"]), Schema(text=("title",)))
    with pytest.raises(InputError, match="carry no column 'visitor'"):
        Ids(column="visitor").fit(part(["a"]), SCHEMA)


def test_parts_stand_side_by_side_and_stay_sparse() -> None:
    rows = part(["a", "b", "c"])
    parts = (TfIdf(), Tabular())
    X = Combined(parts=parts).fit(rows, SCHEMA).transform(rows)
    assert sp.isspmatrix_csr(X)
    alone = [each.fit(rows, SCHEMA).transform(rows) for each in parts]
    expected = np.hstack([alone[0].toarray(), alone[1]])
    np.testing.assert_array_equal(X.toarray(), expected)


def test_the_name_is_the_sum_of_its_parts() -> None:
    both = Combined(parts=(TfIdf(), Tabular(categorical="target")))
    assert show(both) == "tf_idf + tabular(categorical='target')"
    assert both.supervised
    with pytest.raises(InputError, match="two features"):
        Combined(parts=(TfIdf(),))
