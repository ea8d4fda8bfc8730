"""A small long-tailed problem every test of a remedy can use."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from long_tailed import COUNTS, Problem, rows_of

from longshelf.tables import Targets


@pytest.fixture(scope="session")
def problem() -> Problem:
    rng = np.random.default_rng(0)
    code = rng.permutation(np.repeat(np.arange(len(COUNTS)), COUNTS))
    centres = rng.normal(size=(len(COUNTS), 5)) * 1.2
    X = (centres[code] + rng.normal(size=(len(code), 5))).astype(np.float32)
    rows = rows_of(code, code)
    targets = Targets(names=np.array([f"c{i}" for i in range(len(COUNTS))])).observed(rows)
    return Problem(X, rows, replace(targets, parents=np.array(list("aabbcc"))))


@pytest.fixture(scope="session")
def labels() -> Problem:
    """Several labels per row, one row without, the last label never given."""
    rng = np.random.default_rng(3)
    y = (rng.random((80, 4)) < [0.6, 0.3, 0.1, 0.0]).astype(np.int8)
    y[0] = 0
    rows = rows_of(y, sp.csr_matrix(y))
    X = (y @ rng.normal(size=(4, 5)) + rng.normal(size=(80, 5))).astype(np.float32)
    targets = Targets(names=np.array(list("abcd")), kind="multilabel").observed(rows)
    return Problem(X, rows, targets)
