"""The benchmark of the small GPT runs whole on the built-in shop."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

pytest.importorskip("tokenizers", reason="needs the extra deep")

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "small_gpt.py"


def test_both_models_are_asked_about_the_same_texts(capsys, tmp_path):
    spec = importlib.util.spec_from_file_location("small_gpt_benchmark", SCRIPT)
    assert spec is not None
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    said = [
        "--data=marketplace(items=400, imbalance=10)",
        "--rows=300",
        "--asked=60",
        "--written=20",
    ]
    said += ["--generator=small_gpt(width=32, tokens=20000, rate=0.01)", f"--folder={tmp_path}"]
    assert benchmark.main(said) == 0
    table = capsys.readouterr().out
    assert "on 300 texts" in table
    assert len(re.findall(r"^\d-gram", table, re.MULTILINE)) == 6
    figures = re.search(r"^small GPT +([\d.]+) +([\d.]+)", table, re.MULTILINE)
    word, bits = map(float, figures.groups())
    assert 1 < word < 5000
    assert 0 < bits < 8
    assert (tmp_path / "model.safetensors").exists()


def test_no_text_asked_about_was_read():
    spec = importlib.util.spec_from_file_location("small_gpt_benchmark", SCRIPT)
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    texts, _, _, learn, asked = benchmark.divided("marketplace(items=400)", 300, 60)
    assert len(learn) == 300
    assert len(asked) > 30
    assert not {texts[i] for i in learn} & {texts[i] for i in asked}
