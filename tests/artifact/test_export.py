"""A finished cell leaves its run: fitted again, held against what was stored, frozen, read back."""

import json

import numpy as np
import polars as pl
import pytest
from shop import shop

from longshelf.artifact import load
from longshelf.artifact.compression import Compression
from longshelf.artifact.export import export
from longshelf.artifact.parity import OutOfMargin
from longshelf.cache import Cache
from longshelf.errors import InputError
from longshelf.experiment.executor import LocalExecutor
from longshelf.experiment.run import run
from longshelf.experiment.store import Store

SUITE = {
    "name": "shop", "datasets": ["own"], "seeds": [0], "rivals": False,
    "features": ["tf_idf + tabular"], "models": ["logistic"],
    "strategies": [
        "none", "InverseFrequency + PostHocLogitAdjustment", ["RandomOver(to='balance')"],
    ],
    "also": [{"models": ["mlp(epochs=3, hidden=16)"], "strategies": ["LogitAdjusted"]}],
}  # fmt: skip
PLAIN = "own/classify/stratified/tf_idf + tabular/logistic/none/seed0"


@pytest.fixture(scope="module")
def data():
    return {"own": shop()}


@pytest.fixture(scope="module")
def home(tmp_path_factory, data):
    place = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("longshelf.training.LEAST", 1)
        run(
            SUITE, folder=str(place / "run"), datasets=data, cache=Cache(place / "cache"),
            executor=LocalExecutor(workers=1, threads=1),
        )  # fmt: skip
    return place


@pytest.fixture
def out(home, data, tmp_path):
    def of(cell=PLAIN, name="a", **more):
        given = {"datasets": data, "cache": Cache(home / "cache")} | more
        return export(str(home / "run"), cell, tmp_path / name, **given)

    return of


def stored(home, cell):
    store = Store(str(home / "run"))
    key = next(key for key, said in store.done().items() if said["cell"] == cell)
    return store.table(key, "predictions"), store.table(key, "values")


def cells(home):
    return sorted(said["cell"] for said in Store(str(home / "run")).done().values())


@pytest.mark.parametrize("decision", ["argmax", "tuned"])
def test_every_cell_answers_new_rows_as_the_run_did(home, out, data, decision):
    assert len(cells(home)) == 4
    for at, cell in enumerate(cells(home)):
        place = out(cell, f"{decision}{at}", decision=decision)
        read = load(place)
        kept, _ = stored(home, cell)
        rows = data["own"].rows[kept["id"].to_numpy()].select(list(read.schema["properties"]))
        said = read.classify(rows)
        assert np.array_equal(said.scores.astype(np.float32), np.asarray(kept["scores"]))
        assert np.array_equal(said.probabilities.astype(np.float32), np.asarray(kept["corrected"]))
        assert said.decisions.tolist() == [read.classes[code] for code in kept[decision]]
        assert said.probabilities.sum(axis=1) == pytest.approx(1)
        assert read.manifest["name"] == cell


def test_one_row_alone_is_answered_like_many(home, out, data):
    read = load(out())
    rows = data["own"].rows.select(list(read.schema["properties"])).head(30)
    many = read.classify(rows)
    one = [read.classify(rows[at]).probabilities[0] for at in range(30)]
    assert np.abs(many.probabilities - np.array(one)).max() < 1e-6
    again = read.classify(read.table(rows.to_dicts()))
    assert np.array_equal(again.scores, many.scores)


def test_the_card_says_what_must_be_known(home, out):
    place = out()
    card = load(place).card
    _, values = stored(home, PLAIN)
    tail = values.filter(metric="macro_f1", decision="argmax", slice="tail")["value"].item()
    told = next(line for line in card["metrics"] if line["slice"] == "tail")
    assert told["metric"] == "macro_f1"
    assert told["value"] == tail
    assert told["support"] > 0
    assert card["data"]["licence"]
    assert any("Fewer than 30 test rows" in one for one in card["limits"])
    assert card["latency"]["median_ms"] > 0
    assert card["latency"]["processor"]
    assert card["size"]["bytes"] > 1000
    assert [line["slice"] for line in card["slices"]] == ["head", "torso", "tail"]
    text = (place / "card.md").read_text()
    assert f"# {PLAIN}" in text
    assert "## Limits" in text


def test_the_schema_asks_for_what_the_model_reads_and_refuses_the_rest(out):
    read = load(out())
    kinds = {name: one["type"] for name, one in read.schema["properties"].items()}
    assert kinds == {
        "title": "string", "brand": "string", "season": "string", "price": ["number", "null"],
        "grams": "number",
    }  # fmt: skip
    row = {"title": "red tea cup", "brand": "a", "season": "w", "price": None, "grams": 0.5}
    assert read.classify(pl.DataFrame([row])).decisions.shape == (1,)
    for changed, said in (
        ({"titel": "x"}, "did you mean 'title'"),
        ({"title": 3}, "column 'title' must hold a string a row, got Int64"),
        ({"grams": "heavy"}, "column 'grams' must hold a number a row, got String"),
        ({"grams": None}, "null in 1 of 1 rows, first in row 0; the model never met a gap"),
        ({"grams": float("nan")}, "null in 1 of 1"), ({"price": float("inf")}, "infinite in row 0"),
        ({"grams": True}, "must hold a number a row, got Boolean"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=said):
            read.classify(pl.DataFrame([row | changed]))
    with pytest.raises(InputError, match="rows lack brand"):
        read.classify(pl.DataFrame([row]).drop("brand"))
    with pytest.raises(InputError, match="no rows"):
        read.classify(pl.DataFrame([row]).clear())


def test_rows_as_json_objects_are_refused_by_number(out):
    read = load(out())
    row = {"title": "red tea cup", "brand": "a", "season": "w", "price": 1, "grams": 0.5}
    for bad, said in (
        ({**row, "extra": 1}, "unknown key of row 1 'extra'"),
        ({**row, "title": 7}, "'title' of row 1 must be a string, got a int"),
        ({**row, "grams": True}, "'grams' of row 1 must be a number, got a bool"),
        ({**row, "brand": None}, "'brand' of row 1 is null"),
        ({name: row[name] for name in ("title",)}, "row 1 lacks 'brand'"),
    ):
        with pytest.raises(InputError, match=said):
            read.table([row, bad])


def test_a_cell_that_is_not_there_has_a_nearest_name(out):
    with pytest.raises(InputError, match=r"did you mean\n  own/classify/stratified/tf_idf"):
        out(PLAIN.replace("logistic", "logistc"))


def test_a_run_without_its_suite_or_cells_is_said(home, out, tmp_path):
    with pytest.raises(InputError, match="holds no finished cell"):
        export(str(tmp_path), PLAIN, tmp_path / "a")
    (home / "run" / "suite.yaml").rename(home / "kept.yaml")
    try:
        with pytest.raises(InputError, match=r"has no suite\.yaml"):
            out()
    finally:
        (home / "kept.yaml").rename(home / "run" / "suite.yaml")


def test_changed_data_are_named(out, data):
    other = shop(numeric=("grams",))
    with pytest.raises(InputError, match="the data own changed since the run"):
        out(datasets={"own": other})


def test_a_fit_that_differs_is_refused_with_its_size(home, out):
    store = Store(str(home / "run"))
    key = next(key for key, said in store.done().items() if said["cell"] == PLAIN)
    path = home / "run" / "cells" / key / "predictions.parquet"
    whole = path.read_bytes()
    table = pl.read_parquet(path)
    moved = np.asarray(table["scores"]).copy()
    moved[3, 0] += 0.25
    table.with_columns(scores=pl.Series(moved, dtype=table["scores"].dtype)).write_parquet(path)
    try:
        with pytest.raises(InputError, match=r"scores differ by up to 0\.25, 0 of 44 decisions"):
            out()
    finally:
        path.write_bytes(whole)


def test_nothing_is_left_where_the_gate_refuses(out, tmp_path):
    with pytest.raises(OutOfMargin, match="too thin to be judged"):
        out(compression=Compression(int8=True))
    assert list(tmp_path.iterdir()) == []


def test_a_compressed_cell_ships_with_its_figures(out):
    place = out(compression=Compression(int8=True, prune=0.2), margin=0.12)
    small, whole = load(place), load(out(name="b"))
    assert [line["slice"] for line in small.card["gate"]] == ["all", "head", "torso", "tail"]
    assert all(line["verdict"] in ("within", "chance") for line in small.card["gate"])
    weight = small.fitted.head.weight
    assert np.mean(weight == 0) >= 0.2
    assert not np.array_equal(weight, whole.fitted.head.weight)
    told = small.card["compression"]
    assert told["bytes"] < told["bytes_before"]
    assert told["bytes_before"] == pytest.approx(whole.card["size"]["bytes"], rel=0.01)
    assert told["median_ms_before"] > 0
    learned = "model/learned/tensors.safetensors"
    sizes = [one.manifest["files"][learned]["bytes"] for one in (small, whole)]
    assert sizes[0] < sizes[1] / 2


def test_pruning_too_much_is_refused_by_name_of_the_slice(out):
    with pytest.raises(OutOfMargin, match=r"loses 0\.\d+ of macro_f1"):
        out(compression=Compression(prune=0.98), margin=0.06)


def test_an_unknown_decision_is_named(out):
    with pytest.raises(InputError, match="did you mean 'argmax'"):
        out(decision="argmx")


def test_the_folder_is_json_and_numbers_only(out):
    place = out()
    names = sorted(json.loads((place / "manifest.json").read_text())["files"])
    assert {name.rpartition(".")[2] for name in names} == {"json", "md", "safetensors", "skops"}
