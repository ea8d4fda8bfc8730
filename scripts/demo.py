"""The whole way at once: a benchmark, two artifacts, a service, its visitors and its monitor.

    make demo

Runs the suite ``demo``, exports its plain and its remedied recommender, serves both in a trial, and
lets the users of the simulated shop visit. Pages: the storefront, and the monitor beside it. When it
is stopped, or after ``--visits``, the trial's report stands beside the truth, which only a simulator
knows.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import longshelf as ls
from longshelf.artifact import load, pseudonym
from longshelf.cli import say
from longshelf.datasets import Marketplace
from longshelf.errors import LongShelfError
from longshelf.results import Results
from longshelf.serving.engine import Engine, Wish
from longshelf.simulation import Shop, Visit, Visitors

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).with_name("longshelf")
PLACES = 10
REMEDY = "Ips"


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("demo"))
    parser.add_argument("--suite", type=Path, default=ROOT / "suites" / "demo.yaml")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--visits", type=int, default=0, help="end after so many; 0 goes on")
    parser.add_argument("--pace", type=float, default=20, help="visits a second; 0 is no pause")
    parser.add_argument("--every", type=int, default=10, help="seconds between monitor pages")
    return parser.parse_args(given)


def call(*words: object) -> None:
    """Run a subcommand; end where it fails."""
    said = [str(word) for word in words]
    say.text(" ".join(["$ longshelf", *said]))
    sys.stdout.flush()
    done = subprocess.run([BIN, *said], check=False)
    if done.returncode:
        sys.exit(done.returncode)


def prepare(said: argparse.Namespace) -> tuple[Path, Path]:
    """Artifacts of the plain and of the remedied recommender, made where they are not there."""
    run, folder = said.folder / "run", said.folder
    both = folder / "plain", folder / "remedied"
    if not all((one / "manifest.json").exists() for one in both):
        call("run", said.suite, "--out", run)
        cells = Results.read(run).cells
        for place, strategy in zip(both, ("none", REMEDY), strict=True):
            own = cells.filter(status="done", strategy=strategy)
            (cell,) = own.filter(own["model"].str.starts_with("implicit_als"))["cell"].to_list()
            call("export", run, cell, "--out", place)
    trial = {
        "name": "remedy",
        "salt": "demo",
        "arms": {"plain": {"artifact": 0}, "remedied": {"artifact": 1}},
    }
    (folder / "trial.json").write_text(json.dumps(trial), encoding="utf-8")
    return both


@contextmanager
def running(*words: object) -> Iterator[subprocess.Popen[bytes]]:
    """A subcommand in the background; told to end afterwards."""
    process = subprocess.Popen([str(BIN), *map(str, words)])
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def service(said: argparse.Namespace, artifacts: Sequence[Path]) -> Iterator[str]:
    """The service and its monitor, answering."""
    address, folder = f"http://127.0.0.1:{said.port}", said.folder
    offered = (part for user in range(5) for part in ("--user", user))
    serve = running(
        "serve", *artifacts, "--port", said.port, "--trial", folder / "trial.json",
        "--events", folder / "events.db", *offered,
    )  # fmt: skip
    watch = running(
        "monitor", folder / "events.db", "--catalogue", artifacts[0] / "catalogue.parquet",
        "--page", folder / "monitor.html", "--state", folder / "alerts.json",
        "--window", 1, "--wait", 0.2, "--reference", 3,
        "--every", said.every, "--reload", said.every,
    )  # fmt: skip
    with serve as process:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/ready", timeout=2).read()
                break
            except OSError:
                if process.poll() is not None:
                    sys.exit(f"the service ended with {process.returncode}")
                time.sleep(0.2)
        with watch:
            yield address


def key(folder: Path) -> str:
    """The key of the pseudonyms, drawn once and kept beside the demo's data."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / "key"
    if not place.exists():
        place.touch(mode=0o600)
        place.write_text(secrets.token_hex(32), encoding="utf-8")
    return place.read_text(encoding="utf-8")


def truth(shop: Shop, artifacts: Sequence[Path], visitors: Visitors) -> list[float]:
    """Clicks a list earns in expectation under each artifact, over all users alike."""
    secret = os.environ["LONGSHELF_KEY"].encode()
    worth = []
    for folder in artifacts:
        engine = Engine(load(folder))
        row = {item: at for at, item in enumerate(shop.items["item"].cast(str).to_list())}
        ids = [row[item] for item in engine.goods.items]
        lists = (
            engine.recommend(Wish(user=pseudonym(user, secret), k=PLACES)).codes
            for user in range(len(shop))
        )
        each = [
            visitors.chance(user, np.array([ids[code] for code in codes])).sum()
            for user, codes in enumerate(lists)
        ]
        worth.append(float(np.mean(each)))
    return worth


def visits(
    visitors: Visitors, said: argparse.Namespace, rng: np.random.Generator
) -> Iterator[Visit]:
    """Visits of users drawn alike, at the pace that was asked for."""
    number = 0
    while said.visits == 0 or number < said.visits:
        yield visitors.visit(int(rng.integers(len(visitors.shop))), rng)
        number += 1
        if said.pace:
            time.sleep(float(rng.exponential(1 / said.pace)))


def main(given: Sequence[str] | None = None) -> None:
    """From nothing to a shop with visitors."""
    said = arguments(given)
    os.environ["LONGSHELF_KEY"] = key(said.folder)
    artifacts = prepare(said)
    source = ls.build("dataset", Results.read(said.folder / "run").cells["dataset"][0])
    if not isinstance(source, Marketplace):
        sys.exit("the demo's users come from the marketplace; its suite names another data set")
    shop = Shop.of(source, PLACES)
    with service(said, artifacts) as address:
        page = (said.folder / "monitor.html").resolve().as_uri()
        say.text(f"storefront {address}/   monitor {page}   Ctrl-C ends")
        sys.stdout.flush()
        visitors, seen = Visitors(shop, address), 0
        try:
            for _ in visits(visitors, said, np.random.default_rng(0)):
                seen += 1
        except KeyboardInterrupt:
            say.text("")
        except LongShelfError as error:
            say.text(str(error))
    call("trial", said.folder / "events.db")
    expected = truth(shop, artifacts, visitors)
    say.text(
        f"{seen:,} visits. Truth, which no log holds: a plain list earns {expected[0]:.4f} clicks, a "
        f"remedied one {expected[1]:.4f}, a lift of {expected[1] - expected[0]:+.4f}"
    )


if __name__ == "__main__":
    main()
