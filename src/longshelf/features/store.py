"""Vectors by text, on disk: append-only segments that any number of processes may add to.

A segment is two files, the sorted hashes of its texts and their vectors. The vectors are put in
place first and the hashes last, so hashes on disk mean vectors on disk; no lock is held. Two
writers that add the same text at once leave it twice, which harms nobody.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from longshelf.tables import FloatArray, IntArray

__all__ = ["VectorStore", "text_hashes"]

Hashes = NDArray[np.bytes_]

_MANY = 24
"""Segments above which they are merged into one."""


def text_hashes(texts: list[str]) -> Hashes:
    """BLAKE2b of each text, 16 bytes; (n,) S16.

    Examples
    --------
    >>> text_hashes(["a", "b"]).dtype
    dtype('S16')
    """
    hashed = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
    return np.frombuffer(b"".join(hashed), "S16")


@dataclass(frozen=True)
class VectorStore:
    """Vectors of one encoder.

    Parameters
    ----------
    folder : Path
    width : int
        Length of a vector.
    """

    folder: Path
    width: int

    def find(self, hashes: Hashes) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Vectors of known texts, (n, width), zeros elsewhere; and which are known, (n,)."""
        vectors = np.zeros((len(hashes), self.width), np.float32)
        known = np.zeros(len(hashes), np.bool_)
        for held, stored in self._segments():
            wanted = np.flatnonzero(~known)
            place = np.searchsorted(held, hashes[wanted])
            place[place == len(held)] = 0
            hit = held[place] == hashes[wanted]
            vectors[wanted[hit]] = stored[place[hit]]
            known[wanted[hit]] = True
        return vectors, known

    def add(self, hashes: Hashes, vectors: FloatArray) -> None:
        """Append texts, in any order."""
        if not len(hashes):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        order: IntArray = np.argsort(hashes)
        name = uuid.uuid4().hex
        self._place(f"{name}.vectors.npy", np.asarray(vectors, np.float32)[order])
        self._place(f"{name}.hashes.npy", hashes[order])
        if len(self._names()) > _MANY:
            self._merge()

    def __len__(self) -> int:
        return sum(len(held) for held, _ in self._segments())

    def _names(self) -> list[Path]:
        return sorted(self.folder.glob("*.hashes.npy"))

    def _segments(self) -> Iterator[tuple[Hashes, FloatArray]]:
        names = self._names()
        if names:
            os.utime(self.folder)
        for name in names:
            try:
                held = np.load(name, mmap_mode="r")
                stored = np.load(_beside(name), mmap_mode="r")
            except (OSError, ValueError):  # merged away or broken: its texts count as unknown
                continue
            if len(held) and stored.shape == (len(held), self.width):
                yield held, stored

    def _place(self, name: str, array: NDArray[np.generic]) -> None:
        handle, beside = tempfile.mkstemp(prefix=".beside-", dir=self.folder)
        with os.fdopen(handle, "wb") as file:
            np.save(file, array, allow_pickle=False)
        os.replace(beside, self.folder / name)

    def _merge(self) -> None:
        names = self._names()
        segments = list(self._segments())
        if not segments:  # another writer merged them between the two listings
            return
        held = np.concatenate([part for part, _ in segments])
        stored = np.concatenate([part for _, part in segments])
        distinct, first = np.unique(held, return_index=True)
        name = uuid.uuid4().hex
        self._place(f"{name}.vectors.npy", stored[first])
        self._place(f"{name}.hashes.npy", distinct)
        for old in names:
            old.unlink(missing_ok=True)
            _beside(old).unlink(missing_ok=True)


def _beside(hashes: Path) -> Path:
    return hashes.with_name(hashes.name.replace(".hashes.", ".vectors."))
