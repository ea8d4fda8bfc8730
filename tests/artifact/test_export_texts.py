"""Writers leave as folders that write what the run wrote; what cannot be frozen is said."""

import json

import numpy as np
import polars as pl
import pytest

import longshelf as ls
from longshelf.artifact import load
from longshelf.artifact.compression import Compression
from longshelf.artifact.export import export
from longshelf.artifact.found import find
from longshelf.cache import Cache
from longshelf.components import build, show
from longshelf.errors import InputError
from longshelf.experiment.executor import LocalExecutor
from longshelf.experiment.run import run

KINDS, COLOURS = ("shirt", "tie", "sock"), ("Red", "Blue", "Green")
WRITERS = {
    "template_writer": "conditions", "ngram_writer": "category",
    "small_gpt_writer(width=32, layers=1, tokens=4000, passes=30, rate=0.01)": "conditions",
}  # fmt: skip


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    kind = rng.choice(KINDS, 160, p=[0.7, 0.2, 0.1])
    colour = rng.choice(COLOURS, 160)
    name = [f"Acme {c} {k} {i % 60}" for i, (c, k) in enumerate(zip(colour, kind))]
    seen = [None if i % 9 == 0 else c for i, c in enumerate(colour)]
    rows = pl.DataFrame({"kind": kind, "colour": seen, "name": name})
    return {"shop": ls.load(rows, label="kind", text=("name",), categorical=("colour",))}


@pytest.fixture(scope="module")
def home(tmp_path_factory, data):
    place = tmp_path_factory.mktemp("writers")
    first, *others = WRITERS.items()
    spec = {
        "name": "writers", "datasets": ["shop"], "task": "generate", "seeds": [0],
        "rivals": False, "features": [first[1]], "models": [first[0]], "strategies": ["none"],
        "also": [{"features": [f], "models": [m]} for m, f in [*others, ("copy_writer", "category")]],
    }  # fmt: skip
    run(
        spec, folder=str(place / "run"), datasets=data, cache=Cache(place / "cache"),
        executor=LocalExecutor(workers=1, threads=1),
    )  # fmt: skip
    return place


@pytest.fixture
def out(home, data, tmp_path, monkeypatch):
    monkeypatch.setattr("longshelf.artifact.export_texts.CALLS", 8)

    def of(model, **more):
        given = {"datasets": data, "cache": Cache(home / "cache")} | more
        return export(str(home / "run"), cell(model), tmp_path / "made", **given)

    return of


def cell(model):
    features = WRITERS.get(model, "category")
    return f"shop/generate/stratified/{features}/{show(build('model', model))}/none/seed0"


@pytest.mark.parametrize("model", WRITERS)
def test_a_frozen_writer_writes_alike_and_says_what_it_said(model, out, home, data):
    place = out(model)
    read = load(place)
    assert read.manifest["kind"] == "write"
    assert not [path for path in place.rglob("*") if path.suffix in (".pkl", ".pickle")]
    once = read.write("shirt", {"colour": "Red"})
    assert once == read.write("shirt", {"colour": "Red"})
    assert once == load(place).write("shirt", {"colour": "Red"})
    assert once.slice == "head"
    assert sorted([*once.mentioned, *once.missing, *once.contradicted]) == ["category", "colour"]
    found = find(str(home / "run"), cell(model), data)
    lines = {(one["metric"], one["slice"]): one for one in read.card["metrics"]}
    for name in ("chrf", "attribute_coverage", "contradiction", "distinct@1"):
        for part in ("all", "head", "tail"):
            stored = found.values.filter(metric=name, slice=part, decision="score")["value"].item()
            assert lines[name, part]["value"] == pytest.approx(stored, nan_ok=True)
    assert {one["about"] for one in read.card["metrics"]} == {
        "quality",
        "faithfulness",
        "diversity",
    }
    schema = json.loads((place / "schema.json").read_text())
    assert schema["properties"]["category"]["enum"] == sorted(KINDS)


def test_what_a_text_names_and_what_the_writer_never_met(out):
    read = load(out("template_writer"))
    said = read.write("SHIRT", {"colour": "blue", "fabric": "wool"})
    assert "Blue" in said.text
    assert (said.mentioned, said.missing, said.unseen) == (["category", "colour"], [], ["fabric"])
    plain = read.write("shirt", {"colour": "Purple"})
    assert plain.unseen == ["colour"]
    assert plain.missing == plain.contradicted == []
    with pytest.raises(InputError, match="knows 3 categories, and not this one"):
        read.write("hat", {})


def test_another_colour_in_the_text_is_a_contradiction(out):
    read = load(out("ngram_writer"))
    texts = [read.write("shirt", {"colour": colour}) for colour in COLOURS]
    assert len({one.text for one in texts}) == 1
    assert [one.contradicted for one in texts].count(["colour"]) == 2
    assert [one.mentioned for one in texts].count(["category", "colour"]) == 1


def test_what_cannot_be_frozen_is_said(out, tmp_path):
    able = "ngram_writer, small_gpt_writer, template_writer"
    with pytest.raises(InputError, match=f"copy_writer cannot be frozen: .*{able}"):
        out("copy_writer")
    with pytest.raises(InputError, match="texts drawn from rounded weights"):
        out("ngram_writer", compression=Compression(int8=True))
    assert not (tmp_path / "made").exists()


def test_a_changed_writer_is_not_read(out):
    place = out("template_writer")
    graph = place / "model" / "learned" / "graph.json"
    graph.write_text(graph.read_text().replace("Acme", "Evil"))
    with pytest.raises(InputError, match="was changed"):
        load(place)
