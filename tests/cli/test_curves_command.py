"""Curves in the terminal: what is drawn, what is followed, and what the live line says."""

import io
import json
import math
import os
import re
import sys
import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from longshelf.cli import main
from longshelf.cli.braille import braille
from longshelf.cli.progress import Live
from longshelf.curves import Point
from longshelf.experiment.run import Progress
from longshelf.experiment.store import Store
from longshelf.tracking import Lines


@dataclass(frozen=True)
class Cell:
    """What a page is about."""

    name: str
    key: str

    @property
    def columns(self):
        return {"cell": self.name, "seed": 0}


def page(folder, name, key="a"):
    return Lines(after=0).begin(Store(str(folder)), Cell(name, key))


def points(first, last, training=1):
    for step in range(first, last + 1):
        values = {"loss": 2 / step, "valid": step / 100, "rate": 0.1, "epoch": step / 4}
        yield Point(training, step, values)


def told(diary, some):
    for point in some:
        diary.log(point)
    return diary


@pytest.fixture
def ran(tmp_path):
    """A run of three cells: one done, one under way, one that trains several networks."""
    folder = tmp_path / "run"
    told(page(folder, "时装/长尾类目/encoder/none/seed0", "a"), points(1, 40)).finish(
        "done", {"m/tail": 0.5}
    )
    told(page(folder, "时装/长尾类目/encoder/Focal/seed0", "b"), points(1, 20))
    ensemble = page(folder, f"{'shop' * 60}/EasyEnsemble/seed0", "c")
    told(ensemble, [*points(1, 5), *points(1, 5, training=2)]).finish("done", {})
    return folder


@pytest.fixture
def call(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["longshelf", "curves", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_loss_and_score_are_drawn_in_the_width_of_the_terminal(call, ran):
    code, out, _ = call(ran)
    out = re.sub(r"\b0:\d\d\b", "0:00", out)
    lines = out.splitlines()
    assert code == 0
    assert max(map(cell_len, lines)) <= 80
    assert "时装/长尾类目/encoder/none/seed0 epoch 10, step 40, 0:00, done" in out
    assert "时装/长尾类目/encoder/Focal/seed0 epoch 5, step 20, 0:00, under way" in out
    assert "EasyEnsemble/seed0 training 2, epoch 1.25, step 5, 0:00, done" in out
    assert (
        lines.count(next(line for line in lines if line.startswith("loss 0.05 (0.05 to 2)"))) == 1
    )
    assert "valid 0.4 (0.01 to 0.4)" in out
    at = next(i for i, line in enumerate(lines) if line.startswith("loss 0.05"))
    assert lines[at + 1 : at + 5] == [
        f"{left} {right}"
        for left, right in zip(
            braille(range(1, 41), [2 / s for s in range(1, 41)], 39, 4),
            braille(range(1, 41), [s / 100 for s in range(1, 41)], 39, 4),
            strict=True,
        )
    ]


def test_some_cells_and_json(call, ran):
    code, out, _ = call(ran, "--cell", "focal", "--json")
    (found,) = json.loads(out)
    assert code == 0
    assert (found["cell"], found["ended"]) == ("时装/长尾类目/encoder/Focal/seed0", "")
    assert [point["loss"] for point in found["points"]] == [2 / step for step in range(1, 21)]
    assert len(json.loads(call(ran, "--json")[1])) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--cell", "时装/encoder"], "unknown cell with curves '时装/encoder'"),
        (["empty"], "'empty' holds no curves: fits that learn in steps"),
        (["run", "--follow", "--json"], "leave out --follow"),
    ],
    ids=["cell", "empty", "json"],
)
def test_mistakes_are_sentences(call, ran, monkeypatch, arguments, said):
    monkeypatch.chdir(ran.parent)
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_following_draws_anew_until_interrupted(call, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    naps = []

    def nap(seconds):
        naps.append(seconds)
        if len(naps) == 1:
            told(page(folder, "shop/none/seed0"), points(1, 8))
        else:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", nap)
    code, out, _ = call(folder, "--follow")
    assert code == 0
    assert len(naps) == 2
    assert "step 8" in out


def test_the_live_line_shows_the_fits_under_way(tmp_path):
    folder = tmp_path / "run"
    told(page(folder, "shop/old/seed0", "old"), points(1, 2))
    old = folder / "curves" / "old.jsonl"
    live = Live("fashion", folder)
    os.utime(old, (live._began - 5, live._began - 5))
    live(Progress(total=5, before=1), None)
    told(page(folder, "shop/none/seed0", "new"), points(1, 8))
    told(page(folder, "shop/Focal/seed0", "done"), points(1, 8)).finish("done", {})
    console = Console(file=io.StringIO(), width=100)
    console.print(live)
    said = re.sub(r"\b0:\d\d\b", "0:00", console.file.getvalue())
    assert said.splitlines() == [
        "fashion: 1 done, 4 left",
        "  epoch 2, step 8, 0:00, loss 0.25, valid 0.08  shop/none/seed0",
    ]


@pytest.mark.parametrize("seed", range(5))
def test_every_column_holds_the_value_there_and_the_line_is_whole(seed):
    draw = np.random.default_rng(seed)
    n, width, height = (
        int(draw.integers(1, 60)),
        int(draw.integers(2, 30)),
        int(draw.integers(1, 5)),
    )
    x = np.cumsum(draw.integers(1, 9, n)).tolist()
    y = draw.normal(size=n).tolist()
    lines = braille(x, y, width, height)
    assert [len(line) for line in lines] == [width] * height
    columns = [set() for _ in range(2 * width)]
    for row, line in enumerate(lines):
        for place, letter in enumerate(line):
            for dot, (right, down) in enumerate(
                [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
            ):
                if ord(letter) - 0x2800 >> dot & 1:
                    columns[2 * place + right].add(4 * (height - row) - 1 - down)
    at = np.linspace(x[0], x[-1], 2 * width)
    low, span = min(y), max(y) - min(y)
    filled = [column for column in columns if column]
    assert len(filled) == (2 * width if n > 1 else 1)
    for column, value in zip(filled, np.interp(at, x, y), strict=False):
        level = (value - low) / span * (4 * height - 1) if span else (4 * height - 1) // 2
        assert any(math.isclose(dot, level, abs_tol=0.5001) for dot in column)
    for before, column in pairwise(filled):
        assert min(column) - max(before) <= 1
        assert min(before) - max(column) <= 1
