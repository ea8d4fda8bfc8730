"""One thread a process, and short epochs where a test only asks what a remedy changes."""

import os
from pathlib import Path

import pytest

from programs import CHROMIUM

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(name, "1")

collect_ignore_glob = ["conftest.py", "*/conftest.py"]
"""They hold fixtures and no examples; as modules their names would clash."""

HOME = Path(__file__).parent
BRIEF = {"conformance", "core", "models", "strategies"}


@pytest.fixture(autouse=True)
def short_epochs(request, monkeypatch):
    """Let an epoch of a few hundred rows be one pass, as a few dozen steps are enough here."""
    if request.path.relative_to(HOME).parts[0] in BRIEF:
        monkeypatch.setattr("longshelf.training.LEAST", 1)


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium; a module's, as its event loop shuts out those of other tests."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path")
    with playwright.sync_playwright() as run:
        opened = run.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def tiny_bert_folder(tmp_path_factory):
    """A saved masked language model of a few thousand random numbers."""
    pytest.importorskip("transformers", reason="needs the extra deep")
    from tiny_models import bert

    return bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="session")
def tiny_gpt_folder(tmp_path_factory):
    """A saved causal language model of a few thousand random numbers."""
    pytest.importorskip("transformers", reason="needs the extra deep")
    from tiny_models import gpt

    return gpt(tmp_path_factory.mktemp("gpt"))


@pytest.fixture(scope="session")
def tiny_seq2seq_folder(tmp_path_factory):
    """A saved translator of a few thousand random numbers."""
    pytest.importorskip("transformers", reason="needs the extra deep")
    from tiny_models import marian

    return marian(tmp_path_factory.mktemp("marian"))
