"""``longshelf evaluate``: rankings of other systems, in the files they write."""

import json
import sys

import numpy as np
import polars as pl
import pytest

from longshelf.cli import main

TRUTH = {"ann": {"tea": 1, "cup": 1}, "bob": {"pot": 1}, "eve": {"jam": 1}}
RUN = [
    ("ann", "tea", 3.0), ("ann", "jam", 2.0), ("ann", "cup", 1.0),
    ("bob", "tea", 9.0), ("bob", "pot", 8.0), ("zoe", "tea", 1.0),
]  # fmt: skip


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["longshelf", "evaluate", *map(str, arguments)])
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
def truth(tmp_path):
    lines = [f"{u} 0 {i} {g}" for u, own in TRUTH.items() for i, g in own.items()]
    (tmp_path / "truth.qrels").write_text("\n".join(lines) + "\n")
    return "truth.qrels"


def write(folder, form):
    """The same run as six systems write it."""
    table = pl.DataFrame(RUN, schema=["user", "item", "score"], orient="row")
    table = table.with_columns(rank=pl.col("score").rank("ordinal", descending=True).over("user"))
    path = folder / f"run.{form}"
    match form:
        case "trec":
            rows = [f"{u}\tQ0  {i} {n} {s} ours" for n, (u, i, s) in enumerate(RUN)]
            path.write_text("\n".join(rows) + "\n\n")
        case "parquet":
            table.select("user", "item", "score").write_parquet(path)
        case "csv":
            table.select(pl.col("rank").alias("Rank"), "item", "user").write_csv(path)
        case "inter":
            named = table.select("user", "item", "score")
            named.columns = ["user_id:token", "item_id:token", "score:float"]
            named.write_csv(path, separator="\t")
        case "tsv":
            table.select("user", "item", "score").write_csv(
                path, separator="\t", include_header=False
            )
        case "csv.gz":
            import gzip

            path.write_bytes(gzip.compress(table.write_csv().encode()))
    return path.name


@pytest.mark.parametrize("form", ["trec", "parquet", "csv", "inter", "tsv", "csv.gz"])
def test_every_format_says_the_same(call, tmp_path, truth, form):
    code, out, err = call(write(tmp_path, form), "--truth", truth, "--k", "2,3", "--json")
    assert code == 0, err
    said = json.loads(out)
    value = {r["metric"]: r["value"] for r in said["values"] if r["slice"] == "all"}
    assert value["recall@2"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert value["recall@3"] == pytest.approx(2 / 3)
    assert value["mrr@2"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert said["sources"] == 3
    assert said["items"] == 4
    assert "1 of 3 sources have no list and count as missed" in said["findings"]
    assert any("1 sources of the run have nothing in the truth" in f for f in said["findings"])


def test_train_masks_and_gives_head_and_tail(call, tmp_path, truth):
    rows = [("bob", "tea")] * 3 + [("ann", "jam"), ("eve", "tea"), ("new", "pot")]
    pl.DataFrame(rows, schema=["user", "item"], orient="row").write_csv(tmp_path / "train.csv")
    (tmp_path / "who.csv").write_text("user,age\n" + "".join(f"{u},old\n" for u in TRUTH))
    asked = (write(tmp_path, "parquet"), "--truth", truth, "--train", "train.csv", "--k", "2")
    code, out, err = call(*asked, "--groups", "who.csv", "--json")
    assert code == 0, err
    said = json.loads(out)
    value = {(r["metric"], r["slice"]): r["value"] for r in said["values"]}
    assert value["recall@2", "all"] == pytest.approx((1 + 1 + 0) / 3)
    assert value["recall@2", "cold"] == 1.0
    assert "popularity_lift@2" in {m for m, _ in value}
    assert "2 listed pairs were in training and are left out" in said["findings"]
    code, out, _ = call(*asked, "--keep-seen", "--metric", "recall@2")
    assert code == 0
    assert "recall@2" in out
    assert "0.5" in out
    assert "ndcg" not in out


def test_ties_are_fresh_per_source_or_those_of_trec_eval(call, tmp_path):
    users, items = [f"u{n:03}" for n in range(400)], [f"i{n:02}" for n in range(50)]
    run = pl.DataFrame({"user": users}).join(pl.DataFrame({"item": items}), how="cross")
    run.with_columns(score=pl.lit(1.0)).write_parquet(tmp_path / "level.parquet")
    pl.DataFrame({"user": users, "item": [items[0]] * 400}).write_csv(tmp_path / "first.csv")
    found = {}
    for ties in ("hash", "trec"):
        code, out, err = call("level.parquet", "--truth", "first.csv", "--k", "10", "--ties", ties,
                              "--metric", "recall@10", "--json")  # fmt: skip
        assert code == 0, err
        found[ties] = json.loads(out)["values"][0]["value"]
    assert found["trec"] == 0.0
    assert found["hash"] == pytest.approx(0.2, abs=0.06)


def test_graded_judgements_add_gauc_judged_and_a_second_gain(call, tmp_path):
    (tmp_path / "g.qrels").write_text("q 0 a 2\nq 0 b 0\nq 0 c 1\n")
    (tmp_path / "g.run").write_text("q Q0 x 1 5 t\nq Q0 a 2 4 t\nq Q0 b 3 3 t\nq Q0 c 4 2 t\n")
    code, out, err = call("g.run", "--truth", "g.qrels", "--k", "3", "--json")
    assert code == 0, err
    value = {r["metric"]: r["value"] for r in json.loads(out)["values"]}
    assert value["judged@3"] == pytest.approx(2 / 3)
    assert value["gauc"] == pytest.approx(0.5)
    assert value["ndcg@3"] == pytest.approx(2 / np.log2(3) / (2 + 1 / np.log2(3)))
    assert value["ndcg_exp@3"] == pytest.approx(3 / np.log2(3) / (3 + 1 / np.log2(3)))
    code, out, _ = call("g.run", "--truth", "g.qrels", "--k", "3", "--judged-only", "--json")
    value = {r["metric"]: r["value"] for r in json.loads(out)["values"]}
    gain = 2 + 1 / np.log2(4)
    assert value["ndcg@3[pool=judged]"] == pytest.approx(gain / (2 + 1 / np.log2(3)))


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("user,item,score\na,x,1\na,x,2\n", (), "lists 1 pairs twice, first user 'a' and item 'x'"),
        ("user,item,score\na,x,1\na,y,\n", (), "lack a score that is a number, first row 2"),
        ("user,item,score\na,x,nan\n", (), "1 of 1 rows of run.csv lack a score"),
        ("user,item,score\na,x,high\n", (), "lack a score that is a number"),
        ("user,item,rank\na,x,1\na,y,3\n", (), "ranks 1, 3; give scores instead"),
        ("user,item,rank\na,x,1\na,y,1\n", (), "without gaps or repeats"),
        ("user,thing,score\na,x,1\n", (), "cannot tell the columns|no column for item"),
        ("user,thing,score\na,x,1\n", ("--columns", "item=thin"), "did you mean 'thing'"),
        ("user,thing,score\na,x,1\n", ("--columns", "itm=thing"), "unknown role|item"),
        ("user,item\na,x\n", (), "no column for score or rank"),
        ("", (), "is empty"),
        ("user,item,score\na,x,1\n", ("--k", "ten"), "such as 5,10,20"),
        ("user,item,score\na,x,1\n", ("--metric", "ndgc@5"), "did you mean 'ndcg@5'"),
        ("user,item,score\na,x,1\n", ("--train", "absent.csv"), "no file 'absent.csv'"),
    ],
)  # fmt: skip
def test_mistakes_are_sentences(call, tmp_path, text, more, said):
    import re

    (tmp_path / "run.csv").write_text(text)
    (tmp_path / "truth.csv").write_text("user,item\na,x\n")
    code, out, err = call("run.csv", "--truth", "truth.csv", *more)
    assert code == 2, (out, err)
    assert re.search(said, err), err
    assert "Traceback" not in err


def test_grades_that_disagree_are_refused(call, tmp_path):
    write(tmp_path, "parquet")
    (tmp_path / "t.csv").write_text("user,item,grade\nann,tea,1\nann,tea,2\n")
    code, _, err = call("run.parquet", "--truth", "t.csv")
    assert code == 2
    assert "grades 1 pairs twice and differently" in err


def test_columns_can_be_named(call, tmp_path, truth):
    table = pl.DataFrame(RUN, schema=["customer", "sku", "s"], orient="row")
    table.write_csv(tmp_path / "own.csv")
    code, out, err = call("own.csv", "--truth", truth, "--columns",
                          "user=customer,item=sku,score=s", "--k", "2", "--json")  # fmt: skip
    assert code == 0, err
    assert json.loads(out)["sources"] == 3
