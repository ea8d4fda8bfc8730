"""Suites that ask a chat endpoint: what is estimated, paid, stored, stopped and gone on with."""

import re

import polars as pl
import pytest
import yaml
from chat_server import ChatServer
from typer.testing import CliRunner

from longshelf.cache import Cache
from longshelf.cli.app import app
from longshelf.experiment.executor import LocalExecutor
from longshelf.experiment.run import run
from longshelf.experiment.store import Store
from longshelf.language.accounts import Accounts

KEY = "sk-this-is-a-secret-0123456789"
DATA = "marketplace(items=200, imbalance=10)"


def suite(model="chat_classifier(name='tiny', prices=(1.0, 2.0))", **changed):
    return {
        "name": "chat", "datasets": [DATA], "seeds": 1, "features": ["words"], "models": [model],
        "strategies": ["none", "PostHocLogitAdjustment"], "rivals": False, **changed,
    }  # fmt: skip


def go(folder, spec, **more):
    return run(
        spec, folder=str(folder), executor=LocalExecutor(workers=1, threads=1),
        cache=Cache.default(), **more,
    )  # fmt: skip


@pytest.fixture
def here(server, monkeypatch, tmp_path):
    monkeypatch.setenv("LONGSHELF_CHAT_ADDRESS", server.address)
    monkeypatch.setenv("LONGSHELF_CHAT_KEY", KEY)
    return server


def dry(folder, spec, *flags):
    path = folder / "chat.yaml"
    path.write_text(yaml.safe_dump(spec))
    done = CliRunner().invoke(
        app, ["run", str(path), "--dry-run", "--out", str(folder / "run"), *flags]
    )
    assert done.exit_code == 0, done.output
    return done.output.splitlines()[-1]


def numbers(said):
    """Requests to send, those kept, tokens read, tokens written and money of an estimate."""
    found = re.fullmatch(
        r"language-model cost: about ([\d,]+) requests(?: \(([\d,]+) more are answered and kept\))?, "
        r"([\d,]+) tokens read and ([\d,]+) written, ([\d.]+) of money by the prices given",
        said,
    )
    assert found, said
    return [float((group or "0").replace(",", "")) for group in found.groups()]


def test_a_run_sends_what_the_dry_run_said_and_stores_what_it_cost(here, tmp_path):
    asked, kept, read, written, money = numbers(dry(tmp_path, suite()))
    assert here.requests == []
    assert kept == 0
    results = go(tmp_path / "run", suite())
    assert results.cells["status"].to_list() == ["done"] * 2, results.cells["reason"].to_list()
    assert len(here.requests) == asked > 30
    cells = results.cells
    assert cells["requests"].to_list() == [asked] * 2
    assert cells["tokens"][0] == pytest.approx(read + written, rel=0.1)
    assert cells["money"][0] == pytest.approx(money, abs=0.006)
    paid = Accounts(Cache.default().folder / "chat" / "paid.sqlite").total("default")
    assert paid.money == pytest.approx(cells["money"][0])
    assert dry(tmp_path, suite()) == "language-model cost: none"


def test_the_key_stands_in_no_file_of_a_run(here, tmp_path):
    results = go(tmp_path / "run", suite())
    results.report(tmp_path / "report.html")
    assert all(headers["Authorization"] == f"Bearer {KEY}" for headers in here.headers)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "cell.json" for path in files)
    assert any(path.name == "paid.sqlite" for path in files)
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


def test_a_run_stops_at_its_cap_and_goes_on_where_it_stopped(here, tmp_path):
    whole, *_ = numbers(dry(tmp_path, suite()))
    capped = suite("chat_classifier(name='tiny', token_budget=8000)")
    first = go(tmp_path / "run", capped)
    assert first.cells["status"].to_list() == ["failed"] * 2
    assert "may spend 8,000 tokens" in first.cells["reason"][0]
    assert "with --retry" in first.cells["reason"][0]
    sent = len(here.requests)
    assert first.cells["money"].to_list() == [None] * 2
    assert 5 < sent < whole
    assert here.billed <= 8_000
    said = next(iter(Store(str(tmp_path / "run")).done().values()))
    assert said["language"]["requests"] == sent
    raised = suite("chat_classifier(name='tiny', token_budget=10_000_000, prices=(1.0, 2.0))")
    assert dry(tmp_path, raised) == "language-model cost: none"
    assert numbers(dry(tmp_path, raised, "--retry"))[:2] == [whole - sent, sent]
    second = go(tmp_path / "run", raised, retry=True)
    assert second.cells["status"].to_list() == ["done"] * 2
    assert len(here.requests) == whole
    assert second.cells["cell"].to_list() == first.cells["cell"].to_list()


def test_generators_are_estimated_by_their_first_round(here, tmp_path):
    expand = "Expand(generator=chat(name='tiny', prices=(1.0, 2.0)), to=6)"
    spec = suite("logistic", features=["tf_idf"], strategies=["none", expand])
    asked, kept, read, _, money = numbers(dry(tmp_path, spec))
    assert here.requests == []
    assert (kept, read > 0, money > 0) == (0, True, True)
    results = go(tmp_path / "run", spec)
    cells = results.cells.filter(pl.col("strategy") != "none")
    assert cells["requests"][0] == len(here.requests)
    assert asked <= len(here.requests) < 2 * asked
    assert results.cells.filter(pl.col("strategy") == "none")["money"].to_list() == [None]


def test_without_prices_the_estimate_counts_tokens_alone(here, tmp_path):
    said = dry(tmp_path, suite("chat_classifier(name='tiny')"))
    assert said.endswith("no price without prices=(…) or LONGSHELF_CHAT_PRICES")
    assert "0 tokens" not in said


def test_a_suite_without_language_models_costs_nothing(tmp_path):
    spec = suite("majority", features=["nothing"])
    assert dry(tmp_path, spec) == "language-model cost: none"


def test_an_address_with_a_key_is_refused_before_anything_is_written(tmp_path):
    path = tmp_path / "chat.yaml"
    model = f"chat_classifier(name='tiny', address='http://me:{KEY}@localhost/v1')"
    path.write_text(yaml.safe_dump(suite(model)))
    done = CliRunner().invoke(app, ["run", str(path), "--out", str(tmp_path / "run")])
    assert done.exit_code != 0
    assert KEY not in done.output
    assert not (tmp_path / "run").exists()


def test_workers_of_a_run_pay_for_nothing_twice(monkeypatch, tmp_path):
    with ChatServer() as server:
        monkeypatch.setenv("LONGSHELF_CHAT_ADDRESS", server.address)
        spec = suite(seeds=2)
        results = run(
            spec, folder=str(tmp_path / "run"), executor=LocalExecutor(workers=2, threads=1),
            cache=Cache.default(),
        )  # fmt: skip
        assert results.cells["status"].to_list() == ["done"] * 4
        prompts = [str(request["messages"]) + str(request["seed"]) for request in server.requests]
    assert len(set(prompts)) == len(prompts)
