"""Ranking cells leave as vectors that give the lists of the run; others are refused."""

import numpy as np
import polars as pl
import pytest

import longshelf as ls
from longshelf.artifact import load, pseudonym
from longshelf.artifact.compression import Compression
from longshelf.artifact.export import export
from longshelf.artifact.found import find
from longshelf.cache import Cache
from longshelf.errors import InputError
from longshelf.experiment.executor import LocalExecutor
from longshelf.experiment.run import run

KEY = b"a key of the test, 32 bytes long"
MODELS = (
    "matrix_factorisation(epochs=2, width=8)", "implicit_als(width=8)", "item2vec(width=8)",
    "light_gcn(epochs=1, width=8)", "two_tower(epochs=1, width=8)",
)  # fmt: skip


@pytest.fixture(scope="module")
def data():
    return {"marketplace": ls.load("marketplace(problem='interactions', users=100, items=100)")}


@pytest.fixture(scope="module")
def home(tmp_path_factory, data):
    place = tmp_path_factory.mktemp("lists")
    spec = {
        "name": "lists", "datasets": ["marketplace"], "task": "rank(k=10)", "split": "leave_last_out",
        "seeds": [0], "rivals": False, "features": ["ids"],
        "models": [*MODELS, "item_knn"], "strategies": ["none"],
        "also": [{"models": [MODELS[0]], "strategies": ["TailQuota"]}],
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("longshelf.training.LEAST", 1)
        run(
            spec, folder=str(place / "run"), datasets=data, cache=Cache(place / "cache"),
            executor=LocalExecutor(workers=1, threads=1),
        )  # fmt: skip
    return place


@pytest.fixture
def out(home, data, tmp_path):
    def of(cell, name="a", **more):
        given = {"datasets": data, "cache": Cache(home / "cache"), "key": KEY} | more
        return export(str(home / "run"), cell, tmp_path / name, **given)

    return of


def cell(model, strategy="none"):
    from longshelf.components import build, show

    shown = show(build("model", model))
    return f"marketplace/rank/leave_last_out/ids/{shown}/{strategy}/seed0"


@pytest.mark.parametrize("model", MODELS)
def test_the_vectors_give_the_lists_of_the_run(model, home, out, data):
    read = load(out(cell(model)))
    found = find(str(home / "run"), cell(model), data)
    names = found.parts.targets.names
    assert read.catalogue["item"].to_list() == names.tolist()
    shown = found.store.table(found.key, "examples")
    users = {name: at for at, name in enumerate(read.users)}
    checked = 0
    for (source,), lines in shown.group_by("source", maintain_order=True):
        at = users.get(pseudonym(source, KEY))
        if at is None:
            continue
        scores = read.vectors[at] @ read.items.T
        scores[read.seen[at].indices] = -np.inf
        listed = lines.sort("rank")["target"].to_list()
        best = np.sort(scores)[::-1][: len(listed)]
        place = {name: code for code, name in enumerate(names.tolist())}
        assert [scores[place[name]] for name in listed] == pytest.approx(best.tolist(), rel=1e-4)
        checked += 1
    assert checked >= 20


def test_what_the_folder_holds(out, data):
    place = out(cell(MODELS[0]))
    read = load(place)
    assert read.encoder == "minilm"
    assert np.linalg.norm(read.text, axis=1) == pytest.approx(1, abs=1e-5)
    assert read.seen.shape == (len(read.users), read.catalogue.height)
    goods = read.catalogue
    assert set(goods["slice"]) == {"head", "torso", "tail"}
    assert goods["count"].sum() > 0
    prices = data["marketplace"].rows.group_by(pl.col("item").cast(pl.String)).agg(
        pl.col("price").median()
    ) if "price" in data["marketplace"].rows.columns else None  # fmt: skip
    assert prices is None or goods["price"].null_count() < goods.height
    assert any(line["metric"] == "ndcg@10" and line["slice"] == "tail" for line in read.card["metrics"])  # fmt: skip
    for file in place.rglob("*"):
        if file.is_file() and file.suffix in (".json", ".md"):
            assert "u1" not in file.read_text().split()


def test_no_key_no_recommender(out):
    with pytest.raises(InputError, match="no key was given"):
        out(cell(MODELS[0]), key=None)


def test_a_model_without_vectors_is_refused_with_those_that_have_them(out):
    with pytest.raises(
        InputError,
        match=r"item_knn cannot be served: its scores are no product.*matrix_factorisation",
    ):
        out(cell("item_knn"))


def test_re_ranked_lists_are_refused(out):
    with pytest.raises(InputError, match=r"acts on finished lists \(rerank\)"):
        out(cell(MODELS[0], "TailQuota"))


def test_eight_bits_pass_the_gate_of_lists(out):
    read = load(out(cell(MODELS[0]), compression=Compression(int8=True), margin=0.2))
    assert {line["slice"] for line in read.card["gate"]} >= {"all", "tail"}
    whole = load(out(cell(MODELS[0]), "b"))
    assert not np.array_equal(read.items, whole.items)
