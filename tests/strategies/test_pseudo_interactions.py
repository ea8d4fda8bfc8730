"""Interactions nobody had: who gets them, from whom, and at what weight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from long_tailed import rows_of

from longshelf.errors import InputError, NotApplicable
from longshelf.evidence import row_weights
from longshelf.strategies import PseudoSessions, Strategy, TextPseudoInteractions
from longshelf.tables import Targets

TEXT = np.array(
    ["red cotton shirt", "blue cotton shirt", "steel kitchen knife", "steel bread knife", ""]
)
USERS = np.repeat([0, 1, 2, 3, 4], [3, 2, 2, 1, 1])
CODE = np.array([0, 2, 0, 0, 2, 0, 1, 2, 0])


@pytest.fixture
def rows():
    inputs = pl.DataFrame({"user": USERS})
    return replace(rows_of(CODE, CODE), inputs=inputs, source=USERS)


@pytest.fixture
def targets(rows):
    return Targets(names=np.arange(5).astype(str), kind="item", text=TEXT).observed(rows)


def made(strategy, rows, targets, seed=0):
    after = strategy.expand(rows, targets, np.random.default_rng(seed))
    assert len(after) >= len(rows)
    np.testing.assert_array_equal(after.code[: len(rows)], rows.code)
    return after.take(np.arange(len(rows), len(after)))


def test_tail_items_take_rows_of_their_look_alikes(rows, targets) -> None:
    # head: item 0; tail: 1 (one row), 3 and 4 (none); 4 has no text
    new = made(TextPseudoInteractions(to=3, weight=0.4, least=0.1), rows, targets)
    assert set(new.code.tolist()) == {1, 3}
    assert (new.code == 3).sum() == 3
    assert set(new.source[new.code == 3].tolist()) <= {0, 1, 3}
    # the shirt's look-alike is item 0, of users 0, 1, 2 and 4; user 2 has item 1 already
    assert set(new.source[new.code == 1].tolist()) <= {0, 1, 4}
    assert 1 <= (new.code == 1).sum() <= 2
    assert (new.weight > 0).all()
    assert (new.weight < 0.4).all()
    assert (new.id == -1).all()
    assert (new.origin == "text").all()
    np.testing.assert_array_equal(new.y, new.code)
    np.testing.assert_array_equal(new.inputs["user"].to_numpy(), new.source)
    pairs = list(zip(new.source.tolist(), new.code.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert not set(pairs) & set(zip(USERS.tolist(), CODE.tolist(), strict=True))


def test_the_learner_meets_copies_at_less_weight(rows, targets) -> None:
    after = TextPseudoInteractions(to=3, least=0.1).expand(rows, targets, np.random.default_rng(0))
    weight = row_weights(Strategy(), after, targets)
    assert weight[:9].min() == weight[:9].max() > weight[9:].max()
    own = replace(rows, weight=np.full(9, 2.0))
    again = TextPseudoInteractions(to=3, least=0.1).expand(own, targets, np.random.default_rng(0))
    np.testing.assert_allclose(again.weight[9:], 2 * after.weight[9:])


def test_nothing_alike_leaves_the_rows(rows, targets) -> None:
    mixed = np.array(["cotton shirt", "cotton knife", "steel knife", "steel shirt", ""])
    apart = replace(targets, text=mixed)
    assert len(made(TextPseudoInteractions(least=0.95), rows, apart)) == 0


def slow_sessions(rows, to, weight):
    """By the definition, one source at a time."""
    held = np.zeros((5, 5))
    held[USERS, CODE] = 1
    norm = np.linalg.norm(held, axis=0)
    cosine = held.T @ held / np.maximum(np.outer(norm, norm), 1e-12)
    found = {}
    for user in range(5):
        missing = to - int((user == USERS).sum())
        near = {j: sum(cosine[i, j] for i in np.flatnonzero(held[user])) for j in range(5)
                if not held[user, j]}  # fmt: skip
        best = sorted(near, key=lambda j: -near[j])[: max(missing, 0)]
        for j in best:
            if near[j] > 0:
                found[user, j] = weight * near[j] / near[best[0]]
    return found


def test_sparse_sources_take_what_goes_with_their_own(rows, targets) -> None:
    new = made(PseudoSessions(to=3, weight=0.5), rows, targets)
    got = {
        (u, c): w
        for u, c, w in zip(new.source.tolist(), new.code.tolist(), new.weight, strict=True)
    }
    wanted = slow_sessions(rows, 3, 0.5)
    assert set(got) == set(wanted)
    assert {u for u, _ in got} == {1, 2, 3, 4}
    for pair, weight in wanted.items():
        assert got[pair] == pytest.approx(weight)


def test_sessions_by_text_reach_items_nobody_chose(rows, targets) -> None:
    new = made(PseudoSessions(to=2, by="text"), rows, targets)
    pairs = set(zip(new.source.tolist(), new.code.tolist(), strict=True))
    assert pairs == {(3, 3), (4, 1)}


@pytest.mark.parametrize("strategy", [TextPseudoInteractions(), PseudoSessions(by="text")])
def test_what_is_missing_is_said(rows, targets, strategy) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(NotApplicable, match="text"):
        strategy.expand(rows, replace(targets, text=None), rng)
    with pytest.raises(NotApplicable, match="without a source"):
        strategy.expand(replace(rows, source=None), targets, rng)
    with pytest.raises(NotApplicable, match="class targets"):
        strategy.expand(rows, replace(targets, kind="class"), rng)


@pytest.mark.parametrize(
    "make",
    [
        lambda: TextPseudoInteractions(to=0),
        lambda: TextPseudoInteractions(weight=1.0),
        lambda: PseudoSessions(weight=0),
        lambda: PseudoSessions(by="price"),
    ],
)
def test_arguments_out_of_range_are_refused(make) -> None:
    with pytest.raises(InputError, match=r"got|unknown"):
        make()
