"""A training on two devices is the one on one device, its batches computed in two parts."""

import json
import shutil

import numpy as np
import polars as pl
import pytest
import torch
from lightning_fabric import Fabric

from longshelf.curves import telling
from longshelf.errors import InputError
from longshelf.features.pretrained import locate
from longshelf.models import Transformer
from longshelf.models.text.reading import Reading
from longshelf.recipe import Recipe
from longshelf.strategies import Strategy
from longshelf.tables import Rows, Targets, Valid
from longshelf.together import devices, together
from longshelf.training import _train, train

N = 41
"""No multiple of the batch: the last one leaves a device without rows."""


@pytest.fixture
def given(tiny_bert_folder, tmp_path):
    folder = shutil.copytree(tiny_bert_folder, tmp_path / "still")
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    reading = Reading(locate(str(folder)), Transformer(name=str(folder)))
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, N)
    words = np.array([["red shirt", "gold"], ["blue", "watch for men"]])
    texts = words[y, rng.integers(0, 2, N)].astype(object)[:, None]
    rows = Rows(id=np.arange(N), inputs=pl.DataFrame(), y=y, code=y, groups=pl.DataFrame())
    targets = Targets(names=np.array(["a", "b"]), kind="class").observed(rows)
    X = reading.read(texts)
    return reading.network(2), X, rows, Valid(X=X, rows=rows), targets


def recipe(**more):
    return Recipe(epochs=2, batch=8, rate=0.01, clip=1.0, filled=False, **more)


@pytest.mark.slow
def test_two_devices_end_alike_and_as_one_does(given):
    def learn(fabric, *given):
        import copy

        import torch

        from longshelf.training import plain_loss

        class Counting(Strategy):
            def loss(self, z, batch, targets):
                seen.extend(batch.index.tolist())
                return plain_loss(z, batch)

        class Drawing(Strategy):
            def build(self, net, targets):
                torch.nn.init.normal_(net.head.table)
                return net

        def state(strategy):
            net, *others = copy.deepcopy(given)
            fitted = _train(fabric, net, *others, strategy, np.random.default_rng(0), recipe())
            learned = {name: np.array(held) for name, held in fitted.net.learned().items()}
            return learned, fitted.history

        seen = []
        plain, history = state(Counting())
        drawn, _ = state(Drawing())
        return plain, drawn, seen, history, torch.initial_seed()

    found = together(learn, 2, "32-true", *given)
    (one, drawn, seen, history, seed), (two, same, others, _, another) = found
    assert seed != another
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert all(np.array_equal(drawn[name], same[name]) for name in drawn)
    assert len(set(seen) | set(others)) == N
    # each epoch ends with a batch of one row, which the second device computes and counts as none
    assert (len(seen), len(others)) == (2 * 21, 2 * 21)
    alone = train(*given, Strategy(), np.random.default_rng(0), recipe(accumulate=2))
    assert [epoch["steps"] for epoch in history] == [epoch["steps"] for epoch in alone.history]
    assert [epoch["loss"] for epoch in history] == pytest.approx(
        [epoch["loss"] for epoch in alone.history], abs=1e-4
    )
    _, X, *_ = given
    scores = alone.scores(X)
    alone.net.load_state_dict(
        {name: torch.from_numpy(held) for name, held in one.items()}, strict=False
    )
    np.testing.assert_allclose(alone.scores(X), scores, atol=1e-3)


def test_the_setting_alone_is_enough(given, monkeypatch):
    asked = []

    def instead(function, count, precision, *given):
        asked.append((count, precision))
        return [function(Fabric(devices=1, accelerator="cpu"), *given), None]

    monkeypatch.setenv("LONGSHELF_DEVICES", "2")
    monkeypatch.setattr("longshelf.training.together", instead)
    heard = []
    with telling(heard.append):
        fitted = train(*given, Strategy(), np.random.default_rng(0), recipe())
    assert asked == [(2, "32-true")]
    assert [(point.step, point.values["loss"]) for point in heard] == [
        (6 * epoch, one["loss"]) for epoch, one in enumerate(fitted.history, 1)
    ]
    monkeypatch.setenv("LONGSHELF_DEVICES", "two")
    with pytest.raises(InputError, match="LONGSHELF_DEVICES is 'two'"):
        devices()
