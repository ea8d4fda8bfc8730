"""``longshelf prepare`` as a user types it, and the benchmark that measures it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ibis")
pytest.importorskip("duckdb")

from longshelf.cli import main

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "prepare_events.py"


@pytest.fixture
def call(capsys, monkeypatch, tmp_path, raw_log):
    """Run the command on a small log; exit code, stdout, stderr."""
    raw_log().write_parquet(tmp_path / "log.parquet")

    def run(*more, user="who", out="out"):
        given = ["prepare", tmp_path / "log.parquet", "-o", tmp_path / out, "--user", user]
        given += ["--item", "what", "--time", "when", "--threads", "1", *more]
        monkeypatch.setattr(sys, "argv", ["longshelf", *map(str, given)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_shows_what_each_step_dropped(call):
    code, out, err = call()
    assert (code, err) == (0, "")
    assert "no user 3, no item 2, no time 2" in out
    assert "5-core after" in out
    assert "note: the k-core counted events of every part" in out


def test_json_is_the_account_with_the_laws_of_sampling(call, tmp_path):
    code, out, _ = call("--json", "--only", "event=buy", "--gap", "30")
    told = json.loads(out)
    assert code == 0
    assert told == json.loads((tmp_path / "out/about.json").read_text(encoding="utf-8"))
    assert told["steps"][0]["why"]["another event"] > 0
    assert "InBatch" in told["negatives"]["laws"]


def test_a_key_file_makes_pseudonyms(call, tmp_path):
    (tmp_path / "key").write_text("0123456789abcdef0123\n")
    assert json.loads(call("--json", "--key-file", tmp_path / "key")[1])["users"]["pseudonyms"]
    code, _, err = call("--key-file", tmp_path / "no key", out="other")
    assert (code, "cannot be read" in err) == (2, True)


def test_mistakes_end_in_a_sentence(call, tmp_path):
    code, _, err = call(user="whom")
    assert code == 2
    assert "did you mean 'who'" in err
    code, _, err = call("--only", "event")
    assert (code, "column=value" in err) == (2, True)
    assert not (tmp_path / "out" / "about.json").exists()


def test_the_benchmark_simulates_prepares_and_tidies_up(tmp_path):
    command = [sys.executable, str(SCRIPT), "--events=20000", "--runs=1", f"--folder={tmp_path}"]
    more = ["--clicks=skewed", "--", "--threads=1"]
    done = subprocess.run([*command, *more], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "5-core:" in done.stdout
    assert "peak memory" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_simulated_log_is_what_it_says(tmp_path):
    import polars as pl

    command = [sys.executable, str(SCRIPT), "--events=20000", "--runs=0", "--keep"]
    subprocess.run([*command, f"--folder={tmp_path}"], check=True, capture_output=True)
    log = pl.read_parquet(tmp_path / "*.parquet")
    good = log.filter(pl.col("time").dt.year() > 2000)
    assert good["time"].is_sorted()
    assert 20000 < log.height < 20300
    assert set(good.drop_nulls().unique()["user"].value_counts()["count"]) <= set(range(7, 11))
    assert log["item"].n_unique() - 1 <= 200
    assert log["item"].value_counts(sort=True)["count"][0] > 20000 * 0.1
