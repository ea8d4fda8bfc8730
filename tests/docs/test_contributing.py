"""The remedy in ten lines is taken from the page and run."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import longshelf as ls
from longshelf.experiment.suite import load_suite
from longshelf.tables import Targets

ROOT = Path(__file__).resolve().parents[2]


def blocks(name: str, kind: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "my_remedies.py").write_text(blocks("CONTRIBUTING.md", "python")[0])
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("LONGSHELF_CACHE", str(tmp_path / "cache"))
    yield
    sys.modules.pop("my_remedies", None)


def test_the_class_itself_has_about_ten_lines(own):
    body = blocks("CONTRIBUTING.md", "python")[0].split("@dataclass")[1]
    assert len([line for line in body.split("\n") if line.strip()]) <= 10


def test_its_weights_are_those_of_a_plain_loop(own):
    remedy = ls.build("strategy", "my_remedies:PowerWeights(power=0.7)")
    assert remedy.hooks == {"weigh"}
    assert ls.show(remedy) == "my_remedies:PowerWeights(power=0.7)"
    code, counts = np.array([0] * 6 + [1] * 3 + [2]), np.array([6.0, 3.0, 1.0])
    targets = Targets(names=np.array(["a", "b", "c"]), natural=counts, seen=counts)
    rows = type("Coded", (), {"code": code})()
    raw = [counts[c] ** -0.7 for c in code]
    assert remedy.weigh(rows, targets) == pytest.approx([w * len(raw) / sum(raw) for w in raw])


def test_it_runs_as_the_page_types_it(own, capsys):
    exec("import longshelf as ls\n" + blocks("CONTRIBUTING.md", "python")[1], {})
    assert 0 < float(capsys.readouterr().out) < 1


def test_its_suite_is_one(own):
    (text,) = blocks("CONTRIBUTING.md", "yaml")
    import yaml

    suite = load_suite({"name": "mine", **yaml.safe_load(text)})
    names = [ls.show(ls.build("strategy", spec)) for spec in suite.strategies]
    assert names[-1] == "my_remedies:PowerWeights + Focal"


def test_every_hook_is_in_the_table():
    from longshelf.strategies.base import HOOKS

    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(HOOKS)


def test_the_guides_own_data_example_runs(capsys):
    exec(blocks("docs/guide/own-data.md", "python")[0], {})
    assert "('category',)" in capsys.readouterr().out


@pytest.mark.parametrize("page", ["suites.md", "own-data.md", "large-models.md"])
def test_the_guides_suites_are_valid(page):
    import yaml

    for text in blocks(f"docs/guide/{page}", "yaml"):
        suite = load_suite({"name": "shown", **yaml.safe_load(text)})
        for spec in suite.strategies:
            ls.build("strategy", spec)


def test_the_guides_table_of_keys_is_complete():
    from longshelf.experiment.suite import Suite

    text = (ROOT / "docs/guide/suites.md").read_text(encoding="utf-8")
    table = text.partition("| key |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE)
    named = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    assert named | {"name", "about", "also"} == set(Suite.model_fields)
