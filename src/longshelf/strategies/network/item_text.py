"""Vectors of the targets' text, for remedies that anchor targets in it."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from longshelf.tables import FloatArray, Targets

__all__ = ["text_vectors"]


def text_vectors(targets: Targets, encoder: str, name: str, most: int = 256) -> FloatArray:
    """Dense unit-length text vectors; sparse ones are brought to at most ``most`` dimensions.

    Parameters
    ----------
    targets : Targets
        With text.
    encoder : str
        Features of text.
    name : str
        Of the remedy, for the message.
    most : int, default 256
        By a truncated singular value decomposition of what the words say.

    Raises
    ------
    NotApplicable
        If the targets have no text.
    """
    from longshelf.models.rank.item_texts import item_vectors

    vectors = item_vectors(targets, encoder, name)
    if sp.issparse(vectors):
        from sklearn.decomposition import TruncatedSVD

        width = max(min(most, min(vectors.shape) - 1), 1)
        vectors = TruncatedSVD(width, random_state=0).fit_transform(vectors)
    dense = np.asarray(vectors, dtype=np.float32)
    length = np.linalg.norm(dense, axis=1, keepdims=True)
    return np.asarray(dense / np.maximum(length, 1e-12), dtype=np.float32)
