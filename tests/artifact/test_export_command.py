"""``longshelf export`` as a user types it: what it prints, and how it leaves."""

import json
import sys

import pytest
import yaml
from shop import table

from longshelf.artifact import load
from longshelf.cli import main

CELL = "visits/classify/stratified/tf_idf/logistic/none/seed0"


@pytest.fixture
def call(capsys, monkeypatch):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["longshelf", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def home(tmp_path, monkeypatch, call):
    monkeypatch.setenv("LONGSHELF_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LONGSHELF_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    table().write_csv("visits.csv")
    spec = {
        "datasets": [{"own": {"path": "visits.csv", "label": "kind", "text": ["title"]}}],
        "features": ["tf_idf"], "models": ["logistic"], "seeds": 1, "rivals": False,
    }  # fmt: skip
    (tmp_path / "shop.yaml").write_text(yaml.safe_dump(spec))
    done = call("run", "shop.yaml", "--workers", 1)
    assert done[0] == 0, done
    return tmp_path


def test_export_from_run_to_artifact(home, call):
    code, out, err = call("export", "runs/shop", CELL, "-o", "made")
    assert (code, err) == (0, "")
    assert "made: classify" in out
    assert "card: made/card.md" in out
    read = load(home / "made")
    assert read.classify(read.table([{"title": "tea cup"}])).decisions.tolist() == ["mugs"]
    code, out, err = call("export", "runs/shop", CELL, "-o", "made")
    assert code == 2
    assert "holds an artifact already; choose another folder, or replace it (--replace)" in err
    code, out, _ = call("export", "runs/shop", CELL, "-o", "made", "--replace", "--json")
    assert code == 0
    assert json.loads(out)["name"] == CELL
    code, out, err = call("export", "runs/shop", CELL.replace("logistic", "logist"), "-o", "b")
    assert (code, out) == (2, "")
    assert f"did you mean\n  {CELL}" in err
    code, out, _ = call("export", "runs/shop", CELL, "-o", "b", "--int8")
    assert code == 1
    assert "too thin to be judged" in out
    code, out, _ = call("export", "runs/shop", CELL, "-o", "b", "--prune", 0.998, "--margin", 0.06)
    assert code == 1
    assert "of macro_f1, " in out
    assert not (home / "b").exists()
    code, out, _ = call("export", "runs/shop", CELL, "-o", "b", "--int8", "--margin", 0.12)
    assert code == 0
    assert " tail: macro_f1 " in out
    table().sample(fraction=1.0, shuffle=True, seed=1).write_csv("visits.csv")
    code, _, err = call("export", "runs/shop", CELL, "-o", "c")
    assert code == 2
    assert "changed since the run runs/shop" in err
