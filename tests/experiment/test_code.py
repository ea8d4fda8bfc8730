"""Which code a key depends on: what a component imports of ours, and whole packages."""

import shutil
import sys

import pytest

from longshelf.components import build
from longshelf.experiment import code
from longshelf.experiment.code import closure, code_of


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of two packages that may be edited."""
    for package in ("metrics", "strategies"):
        shutil.copytree(code.HOME / package, tmp_path / package)
    monkeypatch.setattr(code, "HOME", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("edit", "same"), [('"""Another word."""\n', True), ("LIMIT = 1\n", False)]
)
def test_a_package_counts_with_the_packages_in_it(copied, edit, same):
    before = code.package_hash.__wrapped__("longshelf.metrics")
    file = copied / "metrics/lists/base.py"
    source = file.read_text(encoding="utf-8")
    first = source.index('"""', 3) + 3
    file.write_text((edit + source[first:]) if same else source + edit, encoding="utf-8")
    assert (code.package_hash.__wrapped__("longshelf.metrics") == before) is same


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("Bpr", "longshelf.strategies.loss.pairs"),
        ("XQuad", "longshelf.strategies.rerank.greedy"),
        ("Macr", "longshelf.models.causal_heads"),
        ("Smote + Bpr", "longshelf.strategies.negatives.drawn"),
    ],
)
def test_what_a_remedy_imports_is_part_of_its_code(monkeypatch, name, module):
    before = code_of(build("strategy", name))
    plain = code.module_hash
    monkeypatch.setattr(code, "module_hash", lambda one: "x" if one == module else plain(one))
    assert code_of(build("strategy", name)) != before


def test_the_members_of_combined_features_count(monkeypatch):
    features = build("features", "tf_idf + minilm")
    before, plain = code_of(features), code.module_hash
    other = "longshelf.features.tf_idf"
    monkeypatch.setattr(code, "module_hash", lambda one: "x" if one == other else plain(one))
    assert code_of(features) != before


def test_fits_do_not_depend_on_what_judges_or_shows_them():
    home = {cls.__module__ for cls in type(build("task", "rank")).__mro__}
    followed = closure(home - {"builtins"})
    assert not [
        name for name in followed if name.startswith(("longshelf.metrics", "longshelf.rep"))
    ]


def test_hashing_imports_nothing():
    before = set(sys.modules)
    closure(["longshelf.models.rank.sas_rec"])
    assert set(sys.modules) == before
