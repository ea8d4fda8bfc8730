"""The items whose vectors give the highest products with a query's."""

from __future__ import annotations

from typing import Any

import numpy as np

from longshelf.errors import missing_extra
from longshelf.tables import FloatArray, IntArray

__all__ = ["Index"]

FEW = 4096
"""Up to so many vectors are searched one by one."""

SAMPLE = 200
WIDE = 128


class Index:
    """Maximum inner product search, exact, or by shorter numbers that are checked against exact.

    A vector is coded at 4 bits per coordinate (per two, above 128 of them) and the codes are scanned
    [1]_, or its numbers are kept at 16 bits; the best few times ``depth`` are scored again exactly.
    The scores are exact therefore; what may be missed is measured here, on ``queries``, and the first
    way that reaches ``wanted`` is kept. Where none does, search is exact.

    Parameters
    ----------
    vectors : (n, d) float32 array
    queries : (m, d) float32 array
        Like those that will be asked.
    depth : int
        Candidates that will be asked for.
    wanted : float, default 0.99
        Recall against exact search at that depth.

    Attributes
    ----------
    kind : {"exact", "coded", "half"}
    recall : float
        Measured; 1 where exact.

    References
    ----------
    .. [1] André, Kermarrec, Le Scouarnec, Quicker ADC, IEEE TPAMI 2021, arXiv:1812.09162.
    """

    def __init__(
        self, vectors: FloatArray, queries: FloatArray, depth: int, wanted: float = 0.99
    ) -> None:
        try:
            import faiss
        except ImportError as error:
            raise missing_extra("faiss-cpu", "serve", "search among vectors") from error
        self.size, self.width = vectors.shape
        self.kind, self.recall = "exact", 1.0
        held = np.ascontiguousarray(vectors, dtype=np.float32)
        flat = faiss.IndexFlatIP(self.width)
        flat.add(held)
        self._index: Any = flat
        if self.size > max(FEW, 4 * depth) and len(queries):
            self._approximate(faiss, held, _some(queries), depth, wanted)

    def _approximate(
        self, faiss: Any, held: FloatArray, queries: FloatArray, depth: int, wanted: float
    ) -> None:
        codes = self.width // 2 if self.width > WIDE and self.width % 2 == 0 else self.width
        product = faiss.METRIC_INNER_PRODUCT
        coded = faiss.IndexPQFastScan(self.width, codes, 4, product)
        half = faiss.IndexScalarQuantizer(self.width, faiss.ScalarQuantizer.QT_fp16, product)
        true = self._index.search(queries, depth)[1]
        for kind, rough, factors in (("coded", coded, (2, 4, 8)), ("half", half, (1, 2))):
            rough.train(held)
            refined = faiss.IndexRefineFlat(rough)
            refined.add(held)
            for factor in factors:
                refined.k_factor = factor
                found = refined.search(queries, depth)[1]
                recall = float(np.mean([np.isin(a, b).mean() for a, b in zip(true, found)]))
                if recall >= wanted:
                    self._index, self.kind, self.recall = refined, kind, recall
                    return

    def search(self, query: FloatArray, depth: int) -> tuple[IntArray, FloatArray]:
        """Codes and products of the best, falling.

        Parameters
        ----------
        query : (d,) float32 array
            A vector.
        depth : int
            As many as there are, where there are fewer.
        """
        scores, codes = self._index.search(query[None], min(depth, self.size))
        real = codes[0] >= 0
        return codes[0][real], scores[0][real]


def _some(queries: FloatArray) -> FloatArray:
    every = max(1, len(queries) // SAMPLE)
    return np.ascontiguousarray(queries[::every][:SAMPLE], dtype=np.float32)
