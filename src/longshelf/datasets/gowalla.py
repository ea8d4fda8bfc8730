"""Gowalla: check-ins with the split that graph recommenders report on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, hashes
from longshelf.datasets.listed import plain_or_packed
from longshelf.datasets.packed import unpacked
from longshelf.datasets.reading.lists import read_lists
from longshelf.tables import Card, Dataset, Schema

__all__ = ["Gowalla"]

USERS = 29_858
INTEGERS = {"user": pl.Int32, "item": pl.Int32}
MIRROR = "https://raw.githubusercontent.com/gusye1234/LightGCN-PyTorch/947ca2b3b1d2d3545b114145710cb06c4e57b3d2/data/gowalla"
FILES = (
    *plain_or_packed(
        "train.derived.txt",
        "0f086326b28a56c2e6dcb81d86ee72d4ccb7eed3a8d26788392356d8f51111cc",
        "bdf0b7eebf35d36bb409e831e0e2bcef95bfeb49a85f117553496da20075001b",
        part="train",
    ),
    DataFile(name="train.txt", part="train"),
    DataFile(
        name="s_adj_mat.npz",
        sha256="6ab3da7721278da3717054c60258d88d2d2d78914fa62db2b13da9321e397cab",
        address=f"{MIRROR}/s_adj_mat.npz",
        part="train",
    ),
    *plain_or_packed(
        "test.txt",
        "099a2a73924e4b754dc6efd730d764f492321b53c38eb93298850c83acf57be3",
        "e90b35aa8324415cdcefe0e08688da1825ac1fc41010a4a6af43dee78b547982",
        address=f"{MIRROR}/test.txt",
        part="test",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Gowalla(DataSource):
    """Places that friends checked in to, with the published train and test part.

    One row per user and place, the published part in ``split``: 810,128 for train, 217,242 for
    test, none for validation. There is no time and no text, and the order of a user's places
    means nothing.

    Raises
    ------
    Unavailable
        A file is missing or another one.

    References
    ----------
    .. [1] He et al., LightGCN, SIGIR 2020, arXiv:2002.02126, table 2.

    Examples
    --------
    >>> Gowalla().needed
    ('train', 'test')
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    card: ClassVar[Card] = Card(
        title="Gowalla check-ins, the split of NGCF and LightGCN",
        licence="none stated (SNAP, research use); the repository that ships it has none either",
        citation=(
            "Cho, Myers, Leskovec, Friendship and Mobility, KDD 2011; split: Wang et al., Neural "
            "Graph Collaborative Filtering, SIGIR 2019"
        ),
        language="none",
        address="https://github.com/gusye1234/LightGCN-PyTorch/tree/master/data/gowalla",
        files=hashes(FILES),
        redistribution="evaluation only",
        personal_data="numbers of users and of the places they went to",
        notes=(
            "29,858 users, 40,981 places, each with a training row. Published full-ranking "
            "Recall@20 / NDCG@20 of LightGCN: .1825/.1537 (4 layers); the papers stop on the test "
            "part, for want of a validation one. The training part is read from train.txt or from "
            "the adjacency matrix published beside it, which hold the same pairs."
        ),
    )
    expected: ClassVar[Mapping[str, int]] = {"train": 810_128, "test": 217_242}

    def load(self, folder: Path | None = None) -> Dataset:
        """Read both parts into rows of user, item and split."""
        parts = []
        findings: list[str] = []
        for part, wanted in self.expected.items():
            found = self.find(folder, part)
            pairs = _read(found.path)
            found.counted(pairs.height, wanted, "interactions")
            parts.append(pairs.with_columns(split=pl.lit(part)))
            findings += found.findings
        return Dataset(
            name=self.name,
            rows=pl.concat(parts),
            schema=Schema(user="user", item="item"),
            card=self.card,
            findings=tuple(findings),
        )


def _read(path: Path) -> pl.DataFrame:
    if path.suffix == ".npz":
        return _from_matrix(path)
    return read_lists(unpacked(path)).rename({"key": "user"})


def _from_matrix(path: Path) -> pl.DataFrame:
    """The upper right block of the bipartite adjacency: users × items."""
    import scipy.sparse as sp

    users, items = sp.load_npz(path)[:USERS, USERS:].nonzero()
    frame = pl.DataFrame({"user": users, "item": items}, schema_overrides=INTEGERS)
    return frame.sort("user", "item")
