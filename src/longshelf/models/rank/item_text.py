"""Vectors of what items are called."""

from __future__ import annotations

import numpy as np
import polars as pl

from longshelf.cache import Cache
from longshelf.components import build
from longshelf.errors import NotApplicable
from longshelf.features import compute
from longshelf.tables import FloatArray, Matrix, Rows, Schema, Targets

__all__ = ["text_vectors"]

REDUCED = 256
"""Width to which sparse text features are reduced, at most."""


def text_vectors(targets: Targets, features: str, model: str) -> FloatArray:
    """A vector per target from its text, at length 1; (C, d) float32.

    Dense features are taken as they are, through the cache of vectors by text; sparse ones are
    fitted on the texts of all targets and reduced by a singular value decomposition.

    Parameters
    ----------
    targets : Targets
        With ``text``.
    features : str
        Such as ``minilm`` or ``tf_idf``.
    model : str
        Who asks, for errors.

    Raises
    ------
    NotApplicable
        If the targets have no text.
    """
    if targets.text is None:
        raise NotApplicable(
            f"{model} reads what items are called, and these have no text; give the data a column "
            "`text` in its targets, or let the model read ids"
        )
    n = len(targets)
    frame = pl.DataFrame({"text": targets.text.astype(str)})
    code = np.arange(n)
    rows = Rows(id=code, inputs=frame, y=code, code=code, groups=frame.select())
    schema = Schema(text=("text",))
    computed = compute(build("features", features), schema, rows, (rows,), Cache.default())
    vectors = _dense(computed.matrices[0])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def _dense(matrix: Matrix) -> FloatArray:
    import scipy.sparse as sp

    if not sp.issparse(matrix):
        return np.asarray(matrix)
    from sklearn.decomposition import TruncatedSVD

    width = min(REDUCED, min(matrix.shape) - 1)
    return np.asarray(TruncatedSVD(width, random_state=0).fit_transform(matrix))
