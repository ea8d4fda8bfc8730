"""The small GPT as a generator: of the target asked for, the same for the same seed, on any corpus."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch", reason="needs the extra deep")
pytest.importorskip("tokenizers", reason="needs the extra deep")

from longshelf.errors import InputError, NotApplicable
from longshelf.generators import Corpus, SmallGpt
from longshelf.generators.small_gpt import LATEST
from longshelf.language import gpt_training

SHORT = {"width": 32, "tokens": 60_000, "rate": 1e-2}
SHADES = [["red", "orange"], ["blue", "green"], ["黑色", "白色"]]
THINGS = ["shirt", "shoes", "跑鞋", "running shorts"]


def corpus(n=400):
    rng = np.random.default_rng(0)
    code = np.minimum(rng.integers(8, size=n), 2)[::-1].copy()
    texts = [f"{rng.choice(SHADES[c])} {rng.choice(THINGS)} {rng.integers(60)}" for c in code]
    names = ["warm", "cold", "plain"]
    return Corpus(texts=texts, code=code, names=names, inputs=pl.DataFrame())


def drafts(data, seeds, seed=0, **given):
    writer = SmallGpt(**(SHORT | given)).fit(data, np.random.default_rng(seed))
    return writer.write(seeds, np.random.default_rng(seed + 1))


def test_drafts_are_of_the_target_asked_for_and_follow_the_seed():
    data = corpus()
    seeds = np.array([int(np.flatnonzero(data.code == c)[0]) for c in (0, 1, 2)] * 40)
    writer = SmallGpt(**SHORT).fit(data, np.random.default_rng(0))
    made = writer.write(seeds, np.random.default_rng(1))
    kept = [(d.text, data.code[s]) for d, s in zip(made, seeds, strict=True) if d]
    assert len(kept) > 110
    assert all(d.sources == () for d in made if d)
    assert np.mean([text.split()[0] in SHADES[code] for text, code in kept]) > 0.8
    assert np.mean([text not in set(data.texts) for text, _ in kept]) > 0.15
    assert len({text for text, _ in kept}) > 60
    assert made == writer.write(seeds, np.random.default_rng(1))
    assert made != writer.write(seeds, np.random.default_rng(2))
    cold = replace(writer, made=SmallGpt(**SHORT, temperature=0.2))
    likely = cold.write(seeds, np.random.default_rng(1))
    assert len({d.text for d in likely if d}) < 0.7 * len({text for text, _ in kept})


def test_arms_that_differ_in_their_amount_share_a_network_and_lose_nothing(monkeypatch):
    data, seeds = corpus(80), np.arange(40)
    begun = []
    train = gpt_training.train_small_gpt
    monkeypatch.setattr(
        gpt_training, "train_small_gpt", lambda *given: begun.append(1) or train(*given)
    )
    LATEST.kept.clear()
    told = []
    for _ in range(3):
        if len(told) == 2:
            LATEST.kept.clear()
        rng = np.random.default_rng(3)
        writer = SmallGpt(**SHORT | {"tokens": 4000}).fit(data, rng)
        told.append(([draft and draft.text for draft in writer.write(seeds, rng)], rng.random()))
    assert len(begun) == 2
    assert told[0] == told[1] == told[2]
    SmallGpt(**SHORT | {"tokens": 4001}).fit(data, np.random.default_rng(3))
    assert len(begun) == 3


def test_a_single_text_or_one_of_marks_is_no_trouble():
    one = Corpus(texts=["鞋 shoe"], code=np.zeros(1, int), names=["a"], inputs=pl.DataFrame())
    assert len(drafts(one, np.zeros(3, int), tokens=2000)) == 3
    bare = Corpus(texts=["", "!!"], code=np.zeros(2, int), names=["a"], inputs=pl.DataFrame())
    assert len(drafts(bare, np.arange(2), tokens=2000)) == 2
    empty = Corpus(texts=["", " "], code=np.zeros(2, int), names=["a"], inputs=pl.DataFrame())
    with pytest.raises(NotApplicable, match="every one is empty"):
        drafts(empty, np.arange(2))


@pytest.mark.parametrize(
    "wrong", [{"width": 30}, {"nucleus": 0.0}, {"temperature": 0.0}, {"tokens": 0}, {"rate": 0.0}]
)
def test_arguments_are_checked(wrong):
    with pytest.raises(InputError, match="got"):
        SmallGpt(**wrong)
