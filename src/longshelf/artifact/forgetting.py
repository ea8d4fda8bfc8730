"""A recommender's folder without some of its users: no vector, no history, no pseudonym."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from pathlib import Path

import numpy as np
import polars as pl

from longshelf.artifact.card import write_card
from longshelf.artifact.compression import rows_of
from longshelf.artifact.folder import Folder, assemble, open_folder
from longshelf.artifact.recommender import Recommender, read_recommender
from longshelf.artifact.size import size_of
from longshelf.artifact.tensors import read_tensors, write_tensors
from longshelf.tables import BoolArray

__all__ = ["forget_users"]

REWRITTEN = ("card.json", "card.md", "manifest.json")
PACKED = "vectors."


def forget_users(folder: str | Path, gone: Collection[str]) -> int:
    """Write an artifact anew without users; it lies there whole, as before or as after.

    Rows are left out bit by bit, also where vectors are packed, so that nobody else's vector moves.
    What the model learned from all users together stays: the vectors of items, and counts.

    Parameters
    ----------
    folder : str or Path
        An artifact; one that knows no users is left as it is.
    gone : collection of str
        Pseudonyms.

    Returns
    -------
    int
        Users who were there; with none nothing is written.

    Raises
    ------
    InputError
        If it is no whole artifact.
    """
    opened = open_folder(folder)
    if opened.manifest["kind"] != "recommend":
        return 0
    before = read_recommender(opened)
    after = before.without(gone)
    if after is before:
        return 0
    kept: BoolArray = np.isin(before.users, after.users)
    assemble(
        opened.place, "recommend", str(opened.manifest["name"]),
        lambda beside: _write(opened, beside, after, kept), replace=True,
    )  # fmt: skip
    return len(before.users) - len(after.users)


def _write(opened: Folder, beside: Path, after: Recommender, kept: BoolArray) -> None:
    shutil.copytree(
        opened.place, beside, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*REWRITTEN)
    )
    model, about = beside / "model", opened.json("model/recommender.json")
    stored = read_tensors(opened.path("model/vectors.safetensors"))
    stored["seen.indices"] = after.seen.indices.astype(np.int32)
    stored["seen.indptr"] = after.seen.indptr.astype(np.int64)
    if "vectors" in about["packed"]:
        own = {
            name.removeprefix(PACKED): held
            for name, held in stored.items()
            if name.startswith(PACKED)
        }
        fewer, about["packed"]["vectors"] = rows_of(about["packed"]["vectors"], own, kept)
        stored |= {PACKED + part: held for part, held in fewer.items()}
    else:
        stored["vectors"] = stored["vectors"][kept]
    write_tensors(model / "vectors.safetensors", stored)
    (model / "recommender.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
    pl.DataFrame({"user": after.users}, schema={"user": pl.String}).write_parquet(
        model / "users.parquet", compression="zstd"
    )
    gone = int(after.card.get("forgotten_users", 0)) + int((~kept).sum())
    size = size_of(beside, after.items.size + after.vectors.size)
    write_card(beside, {**after.card, "forgotten_users": gone, "size": size})
