"""The small GPT as a writer: it says what it is asked for, and row weights and laws reach it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch", reason="needs the extra deep")
pytest.importorskip("tokenizers", reason="needs the extra deep")

from longshelf.errors import InputError
from longshelf.language.small_gpt import TrainedGpt
from longshelf.models import SmallGptWriter
from longshelf.strategies import Strategy
from longshelf.tables import Rows, Targets, Valid

KINDS = ["Shirts", "Ties", "Unseen Hats"]
NOUNS = ["shirt", "tie"]
COLOURS = ["Blue", "Green", "Navy", "Red"]
SHORT = SmallGptWriter(width=32, tokens=60_000, rate=1e-2)


def part(n=500, seed=0):
    """Nine shirts to a tie, each in a colour that is told; every tenth colour is not stated."""
    rng = np.random.default_rng(seed)
    kind = (rng.random(n) < 0.1).astype(int)
    colour = rng.integers(3, size=n)
    brand = rng.choice(["Acme", "Bolt", "Clay", "Dune"], n)
    y = np.array([f"{b} {COLOURS[c]} {NOUNS[k]}" for b, c, k in zip(brand, colour, kind)])
    stated = pl.Series("colour", [COLOURS[c] if i % 10 else None for i, c in enumerate(colour)])
    inputs = pl.DataFrame([
        pl.Series("category", [KINDS[k] for k in kind]).cast(pl.Enum(KINDS)),
        stated.cast(pl.Enum(COLOURS)),
    ])  # fmt: skip
    rows = Rows(id=np.arange(n), inputs=inputs, y=y, code=kind, groups=pl.DataFrame())
    codes = inputs["colour"].to_physical().cast(int).fill_null(-1).to_numpy()
    return rows, np.stack([kind, codes], axis=1)


def fit(model=SHORT, strategy=None, columns=2, seed=0):
    rows, X = part()
    X = X[:, :columns]
    targets = Targets(names=np.array(KINDS), kind="text").observed(rows)
    valid = Valid(X=X[:50], rows=rows.take(np.arange(50)))
    rng = np.random.default_rng(seed)
    return model.fit(X, rows, valid, targets, strategy or Strategy(), rng)


@pytest.fixture(scope="module")
def fitted():
    return fit()


def test_it_says_the_category_and_the_colour_it_is_asked_for(fitted):
    asked = np.array([[k, c] for k in (0, 1) for c in (0, 1, 2)] * 20)
    texts = fitted.write(asked)
    assert texts.shape == (120,)
    assert all(texts)
    assert np.mean([NOUNS[k] in t for t, (k, _) in zip(texts, asked, strict=True)]) > 0.9
    assert np.mean([COLOURS[c] in t for t, (_, c) in zip(texts, asked, strict=True)]) > 0.9
    assert fitted.write(asked).tolist() == texts.tolist()


def test_what_is_not_stated_or_was_never_seen_is_written_all_the_same(fitted):
    texts = fitted.write(np.array([[0, -1]] * 60 + [[2, 0]] * 10))
    assert len({text.split()[1] for text in texts[:60] if len(text.split()) > 1}) > 1
    assert all(texts[60:])


def test_the_category_alone_is_enough():
    texts = fit(columns=1).write(np.array([[1]] * 30))
    assert np.mean(["tie" in text for text in texts]) > 0.8
    with pytest.raises(InputError, match="category or conditions"):
        fit(columns=0)


class Weighed(Strategy):
    """One brand is nearly all that counts."""

    def weigh(self, rows, targets):
        heavy = np.array([50.0 if text.startswith("Acme") else 0.02 for text in rows.y])
        return heavy / heavy.mean()


class Drawn(Strategy):
    """One brand is nearly all that is read."""

    def sample(self, rows, targets):
        heavy = Weighed().weigh(rows, targets)
        return heavy / heavy.sum()


@pytest.mark.parametrize("strategy", [Weighed(), Drawn()])
def test_weights_and_laws_reach_the_network(fitted, strategy):
    asked = np.array([[0, 0]] * 60)
    plain, moved = (
        np.mean([text.startswith("Acme") for text in one.write(asked)])
        for one in (fitted, fit(strategy=strategy))
    )
    assert plain < 0.6
    assert moved > 0.9


def test_saved_it_writes_the_same_and_scores_nothing(fitted, tmp_path):
    fitted.save(tmp_path)
    again = TrainedGpt.load(tmp_path)
    assert again.levels == (tuple(KINDS), tuple(COLOURS))
    assert fitted.parameters == again.parameters > 10_000
    assert fitted.head is None
    with pytest.raises(InputError, match="scores nothing"):
        fitted.scores(np.zeros((1, 1)))
