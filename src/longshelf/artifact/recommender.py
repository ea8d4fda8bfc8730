"""A recommender that stands alone: vectors of items and users, and the catalogue they stand for."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.artifact.card import write_card
from longshelf.artifact.compression import Compression, unpack
from longshelf.artifact.folder import Folder, assemble
from longshelf.artifact.pseudonym import DIGITS
from longshelf.artifact.size import size_of
from longshelf.artifact.tensors import read_tensors, write_tensors
from longshelf.errors import InputError
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["CATALOGUE", "Recommender", "read_recommender", "save_recommender"]

CATALOGUE = {
    "item": pl.String, "title": pl.String, "category": pl.String, "price": pl.Float64,
    "count": pl.Int64, "slice": pl.String,
}  # fmt: skip
"""Columns of the catalogue; its row number is the item's code."""

SLICES = ("head", "torso", "tail")
FOLD = "mean"


@dataclass(frozen=True, kw_only=True)
class Recommender:
    """Scores are products: ``vectors[user] @ items.T``; whoever is new gets a mean of items.

    Parameters
    ----------
    manifest, card : mapping
    catalogue : polars.DataFrame
        :data:`CATALOGUE`, a row per item in the order of their codes.
    items : (n, d) float32 array
        The bias, where there is one, as the last column.
    users : list of m str
        Pseudonyms of the known users.
    vectors : (m, d) float32 array
        Of the known users; 1 in the last column where there is a bias.
    seen : (m, n) CSR
        What each of them had.
    biased : bool
        The last column of ``items`` is a bias.
    text : (n, t) float32 array or None
        Unit vectors of the titles, for search.
    encoder : str or None
        The features that made them, as suites name them.
    fold : {"mean"}
        How a new user gets a vector: :meth:`folded`.
    """

    manifest: Mapping[str, Any]
    card: Mapping[str, Any]
    catalogue: pl.DataFrame
    items: FloatArray
    users: list[str]
    vectors: FloatArray
    seen: sp.csr_matrix
    biased: bool = False
    text: FloatArray | None = None
    encoder: str | None = None
    fold: str = FOLD

    @cached_property
    def usual_length(self) -> float:
        """Mean length of a known user's vector, bias aside; 1 where there is none."""
        lengths = np.linalg.norm(self._own(self.vectors), axis=1)
        lengths = lengths[lengths > 0]
        return float(lengths.mean()) if len(lengths) else 1.0

    def without(self, users: Collection[str]) -> Recommender:
        """The same without some users: their vectors and histories are gone from it."""
        kept: BoolArray = np.array([user not in users for user in self.users], dtype=bool)
        if kept.all():
            return self
        return replace(
            self, users=[user for user in self.users if user not in users],
            vectors=self.vectors[kept], seen=self.seen[kept],
        )  # fmt: skip

    def _own(self, vectors: FloatArray) -> FloatArray:
        return vectors[:, :-1] if self.biased else vectors

    def folded(self, codes: IntArray | Sequence[int]) -> FloatArray | None:
        """The vector of a user known by what they touched; None where nothing is known.

        The mean of the items' vectors at the usual length of a user's.

        Parameters
        ----------
        codes : (k,) int array or sequence
            Rows of the catalogue.

        Returns
        -------
        (d,) float32 array or None
        """
        touched = np.asarray(codes, dtype=np.int64)
        if not len(touched):
            return None
        mean = self._own(self.items)[touched].mean(axis=0)
        length = float(np.linalg.norm(mean))
        if length == 0:
            return None
        scaled = (mean * (self.usual_length / length)).astype(np.float32)
        return np.append(scaled, np.float32(1)) if self.biased else scaled


def save_recommender(
    folder: str | Path,
    *,
    name: str,
    card: Mapping[str, Any],
    catalogue: pl.DataFrame,
    items: FloatArray,
    users: Sequence[str],
    vectors: FloatArray,
    seen: sp.csr_matrix,
    biased: bool = False,
    text: FloatArray | None = None,
    encoder: str | None = None,
    compression: Compression | None = None,
    replace: bool = False,
) -> Path:
    """Write a recommender as an artifact.

    Parameters
    ----------
    folder : str or Path
        Where it shall lie; whole or absent.
    name : str
        Of the cell.
    card : mapping
        Whatever a reader must know; JSON.
    catalogue, items, users, vectors, seen, biased, text, encoder
        As for :class:`Recommender`.
    compression : Compression or None
        Of the vectors of items and users, a scale for each; biases and titles are kept whole.
    replace : bool, default False
        Take the place of an artifact that is there.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        If shapes do not fit, a column of the catalogue is missing, or a user is no pseudonym.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from longshelf.artifact import load, pseudonym
    >>> goods = pl.DataFrame({"item": ["a", "b"], "title": ["Mug", "Cup"], "category": ["", ""],
    ...     "price": [3.0, None], "count": [9, 1], "slice": ["head", "tail"]})
    >>> with TemporaryDirectory() as home:
    ...     place = save_recommender(home + "/shop", name="by hand", card={}, catalogue=goods,
    ...         items=np.eye(2), users=[pseudonym("ann", b"k" * 16)], vectors=np.ones((1, 2)),
    ...         seen=sp.csr_matrix([[1, 0]]))
    ...     load(place).catalogue["title"].to_list()
    ['Mug', 'Cup']
    """
    goods = _checked(catalogue)
    held = sp.csr_matrix(seen)
    held.sort_indices()
    tensors = {"items": _matrix(items), "vectors": _matrix(vectors)}
    if text is not None:
        tensors["text"] = _matrix(text)
    _check_shapes(goods.height, tensors, held, list(users))
    if (text is None) != (encoder is None):
        raise InputError("text vectors and the name of their encoder go together, got one of them")
    stored, packed = packed_vectors(tensors, compression or Compression(), biased=biased)
    about = {"fold": FOLD, "biased": biased, "encoder": encoder, "packed": packed}

    def write(beside: Path) -> None:
        model = beside / "model"
        model.mkdir()
        goods.write_parquet(beside / "catalogue.parquet", compression="zstd")
        pl.DataFrame({"user": list(users)}, schema={"user": pl.String}).write_parquet(
            model / "users.parquet", compression="zstd"
        )
        stored["seen.indices"] = held.indices.astype(np.int32)
        stored["seen.indptr"] = held.indptr.astype(np.int64)
        write_tensors(model / "vectors.safetensors", stored)
        (model / "recommender.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
        write_card(beside, {**card, "size": size_of(beside, items.size + vectors.size)})

    return assemble(folder, "recommend", name, write, replace=replace)


def packed_vectors(
    tensors: Mapping[str, FloatArray], compression: Compression, *, biased: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Vectors as they are stored, and how those that are packed must be read.

    Parameters
    ----------
    tensors : mapping of name to (n, d) float32 array
        ``items``, ``vectors`` and perhaps ``text``.
    compression : Compression
        Of the first two.
    biased : bool
        Their last column stays as it is.
    """
    stored: dict[str, Any] = dict(tensors)
    about: dict[str, Any] = {}
    for name in ("items", "vectors"):
        own = tensors[name][:, :-1] if biased else tensors[name]
        packed = compression.pack(own, 0)
        if packed is None:
            continue
        del stored[name]
        stored |= {f"{name}.{part}": value for part, value in packed.tensors.items()}
        if biased:
            stored[f"{name}.last"] = np.ascontiguousarray(tensors[name][:, -1:])
        about[name] = dict(packed.about)
    return stored, about


def unpacked_vectors(stored: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """What :func:`packed_vectors` was given."""
    found = {name: stored[name] for name in ("items", "vectors", "text") if name in stored}
    for name in ("items", "vectors"):
        if name in about:
            parts = {
                key.removeprefix(f"{name}."): value
                for key, value in stored.items()
                if key.startswith(f"{name}.")
            }
            own = unpack(about[name], parts.__getitem__)
            last = stored.get(f"{name}.last")
            found[name] = own if last is None else np.column_stack([own, last])
    return found


def _matrix(values: Any) -> FloatArray:
    return np.ascontiguousarray(values, dtype=np.float32)


def _checked(catalogue: pl.DataFrame) -> pl.DataFrame:
    absent = [name for name in CATALOGUE if name not in catalogue.columns]
    if absent:
        raise InputError(
            f"the catalogue lacks {', '.join(absent)}; its columns are {', '.join(CATALOGUE)}"
        )
    goods = catalogue.select(pl.col(name).cast(kind) for name, kind in CATALOGUE.items())
    whole = [name for name in CATALOGUE if name != "price"]
    if goods.select(whole).null_count().sum_horizontal()[0]:
        raise InputError(f"only a price may be missing from the catalogue, not {', '.join(whole)}")
    if goods["item"].n_unique() < goods.height:
        raise InputError("two rows of the catalogue have the same item")
    strange = set(goods["slice"]) - set(SLICES)
    if strange:
        raise InputError(f"slices are {', '.join(SLICES)}; got {', '.join(sorted(strange))}")
    return goods


def _check_shapes(
    goods: int, tensors: Mapping[str, FloatArray], seen: sp.csr_matrix, users: list[str]
) -> None:
    items, vectors = tensors["items"], tensors["vectors"]
    wanted = {
        "items": (items.shape[:1], (goods,)),
        "vectors": (vectors.shape, (len(users), *items.shape[1:])),
        "seen": (seen.shape, (len(users), goods)),
        "text": (tensors.get("text", items).shape[:1], (goods,)),
    }
    for name, (got, asked) in wanted.items():
        if got != asked:
            raise InputError(
                f"{name} have the shape {got}; {goods} items and {len(users)} users need {asked}"
            )
    for name, values in tensors.items():
        if not np.isfinite(values).all():
            raise InputError(f"{name} hold a number that is not finite")
    bare = next((one for one in users if not re.fullmatch(rf"[0-9a-f]{{{DIGITS}}}", one)), None)
    if bare is not None:
        raise InputError(
            f"users go by pseudonyms of {DIGITS} hexadecimal digits, got {bare[:3]!r}…; "
            "make them with longshelf.artifact.pseudonym(id, key)"
        )
    if len(set(users)) < len(users):
        raise InputError("two users have the same pseudonym")


def read_recommender(folder: Folder) -> Recommender:
    """What :func:`save_recommender` wrote, from a verified folder.

    Raises
    ------
    InputError
        If a part is missing or does not fit the others.
    """
    about = folder.json("model/recommender.json")
    stored = read_tensors(folder.path("model/vectors.safetensors"))
    try:
        held = unpacked_vectors(stored, about["packed"])
        goods = _checked(pl.read_parquet(folder.path("catalogue.parquet")))
        users = pl.read_parquet(folder.path("model/users.parquet"))["user"].to_list()
        indices, indptr = stored["seen.indices"], stored["seen.indptr"]
        ones = np.ones(len(indices), np.float32)
        seen = sp.csr_matrix((ones, indices, indptr), shape=(len(users), goods.height))
        seen.check_format()
        _check_shapes(goods.height, held, seen, users)
        if about["fold"] != FOLD or not isinstance(about["biased"], bool):
            raise InputError(f"{folder.place} folds users in by {about['fold']!r}, not {FOLD!r}")
        return Recommender(
            manifest=folder.manifest, card=folder.json("card.json"), catalogue=goods,
            items=held["items"], users=users, vectors=held["vectors"], seen=seen,
            biased=about["biased"], text=held.get("text"), encoder=about["encoder"],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"artifact {folder.place} does not fit together: {error}") from error
