"""The catalogue is generated, and drift is seen."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from longshelf.catalogue import describe
from longshelf.components import KINDS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pages():
    sys.path.insert(0, str(ROOT / "scripts"))
    yield importlib.import_module("catalogue")
    sys.path.remove(str(ROOT / "scripts"))


@pytest.fixture
def copy(pages, tmp_path, monkeypatch):
    for name in pages.READMES:
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    assert pages.main([]) == 0
    return tmp_path


def test_drift_is_named(pages, copy, capsys):
    assert pages.main(["--check"]) == 0
    page = copy / "docs/catalogue/metrics.md"
    page.write_text(page.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
    assert pages.main(["--check"]) == 1
    assert capsys.readouterr().err.startswith("docs/catalogue/metrics.md differs")


def test_a_readme_without_markers_is_refused(pages, copy):
    (copy / "README.md").write_text("# LongShelf\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="lost its markers"):
        pages.main([])


@pytest.mark.parametrize("kind", KINDS)
def test_every_component_has_an_article(pages, kind):
    text = pages.page(kind)
    for entry in describe(kind):
        assert f"# {entry.name}\n" in text
        assert all(f"{name}={default}" in text for name, default in entry.arguments.items())


def test_strategies_need_no_torch():
    code = (
        "import sys; sys.path.insert(0, 'scripts'); import catalogue; catalogue.page('strategy');"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_docstrings_become_markdown(pages):
    docstring = """Weigh ``n_c`` rows [1]_.

    A *second*
    paragraph on :class:`~longshelf.tables.Rows`.

    Parameters
    ----------
    beta : float in [0, 1), default 0.9
        Towards 1: ``n ** -1``,
        more.

    References
    ----------
    .. [1] Cui et al., CVPR 2019,
       eq. 4.

    Examples
    --------
    >>> def f(x):
    ...     return x
    >>> f(1)
    1
    """
    import inspect

    assert list(pages.rendered(inspect.cleandoc(docstring))) == [
        "Weigh `n_c` rows [1].",
        r"A \*second\* paragraph on `Rows`.",
        "**Parameters**",
        "- `beta` (float in [0, 1), default 0.9): Towards 1: `n ** -1`, more.",
        "**References**",
        "- [1] Cui et al., CVPR 2019, eq. 4.",
        "**Examples**",
        "```python\ndef f(x):\n    return x\nf(1)\n# 1\n```",
    ]
