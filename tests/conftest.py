"""One thread a process, and short epochs where a test only asks what a remedy changes."""

import os

import pytest

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(name, "1")

BRIEF = {"conformance", "core", "models", "strategies"}


@pytest.fixture(autouse=True)
def short_epochs(request, monkeypatch):
    """Let an epoch of a few hundred rows be one pass, as a few dozen steps are enough here."""
    if request.path.parent.name in BRIEF:
        monkeypatch.setattr("longshelf.training.LEAST", 1)
