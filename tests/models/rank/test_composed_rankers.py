"""Fusion by reciprocal rank and re-ranking by trees."""

import numpy as np
import pytest
import scipy.sparse as sp

from longshelf.components import build, show
from longshelf.errors import InputError, NotApplicable
from longshelf.models import Ease, Hybrid, ImplicitBpr, ItemKnn, MostPopular, ReRanker
from longshelf.models.rank.pairs import hold_back
from longshelf.strategies.weight.inverse_frequency import InverseFrequency


def test_fusion_adds_reciprocal_ranks(world):
    members = [ItemKnn(neighbours=5), Ease(l2=5.0)]
    lists = [world.fit(member).rank(world.everyone, 8).ids for member in members]
    expected = np.zeros((41, 25))
    for ids in lists:
        for row in range(41):
            for place, item in enumerate(ids[row]):
                expected[row, item] += 1 / (60 + place + 1)
    hybrid = Hybrid(models=("item_knn(neighbours=5)", "ease(l2=5.0)"), depth=8)
    np.testing.assert_allclose(world.fit(hybrid).scores(world.everyone), expected, rtol=1e-6)


def test_fused_lists_leave_out_what_was_seen_in_every_block(world, monkeypatch):
    hybrid = Hybrid(models=(ItemKnn(), MostPopular()), depth=5)
    seen = sp.csr_matrix(world.matrix)
    fitted = world.fit(hybrid)
    whole = fitted.rank(world.everyone, 10, seen)
    assert not world.matrix[np.arange(41)[:, None], whole.ids].any()
    monkeypatch.setattr("longshelf.models.rank.hybrid.BLOCK", 10)
    apart = fitted.rank(world.everyone, 10, seen)
    assert not world.matrix[np.arange(41)[:, None], apart.ids].any()
    assert apart.ids.shape == whole.ids.shape
    assert apart.sources.tolist() == list(range(41))


def test_a_hybrid_is_named_by_its_members_and_checks_them(world):
    hybrid = Hybrid(models=(ImplicitBpr(width=8), "most_popular"))
    assert show(hybrid) == "hybrid(models=('implicit_bpr(width=8)', 'most_popular'))"
    assert build("model", show(hybrid)) == hybrid
    assert (
        build("model", {"hybrid": {"models": ["implicit_bpr(width=8)", "most_popular"]}}) == hybrid
    )
    with pytest.raises(NotApplicable, match=r"ImplicitBpr.*weigh"):
        hybrid.check(InverseFrequency(), world.targets)


@pytest.mark.parametrize(
    "spec",
    ["hybrid(models=('bm25',))", "hybrid(models=('bm25', 'logistic'))", "hybrid(constant=0)",
     "hybrid(models=('bm25', 'nosuch'))", "re_ranker(first='majority')", "re_ranker(depth=1)",
     "re_ranker(rate=0)"],
)  # fmt: skip
def test_impossible_compositions_are_refused(spec):
    with pytest.raises(InputError, match=r"got|unknown"):
        build("model", spec)


def test_the_last_fifth_of_each_users_rows_is_held_back(make_rows):
    user = np.array([1, 2, 1, 1, 2, 1, 1, 3])
    rows = make_rows(user, [0, 1, 2, 3, 4, 5, 6, 7])

    class Eight:
        def __len__(self):
            return 8

    held = hold_back(user[:, None], rows, Eight(), 10, np.random.default_rng(0))
    assert held.rest.tolist() == [0, 1, 2, 3, 5, 7]
    assert held.asked.tolist() == [6, 4]
    assert held.wanted.toarray().nonzero()[1].tolist() == [6, 4]
    assert [row.indices.tolist() for row in held.seen] == [[0, 2, 3, 5], [1]]


def test_half_of_the_queries_are_held_back(make_rows):
    text = np.array(["a", "b", "c", "d", "a", "b", "c", "d"])[:, None]
    rows = make_rows(np.arange(1, 9), np.arange(8))

    class Eight:
        def __len__(self):
            return 8

    held = hold_back(text, rows, Eight(), 10, np.random.default_rng(0))
    rest, asked = set(text[held.rest, 0]), set(text[held.asked, 0])
    assert len(rest) == len(asked) == 2
    assert not rest & asked
    assert held.seen is None
    assert held.wanted.nnz == 4


def search_world(make_world, make_rows, judged=120):
    """Queries whose right answer is the item of the same colour that is cheap, not BM25's first."""
    from dataclasses import replace

    draw = np.random.default_rng(0)
    colours = ["red", "blue", "green", "pink", "grey", "black"]
    text = [
        f"{c} shoe{' cheap' * (i % 2)} {'long ' * (i % 2) * 3}" for c in colours for i in range(6)
    ]
    world = make_world(np.ones((2, 36)), text)
    source = np.repeat(np.arange(1, judged + 1), 2)
    colour = draw.integers(6, size=judged)
    item = np.stack([colour * 6 + 1, colour * 6 + 3], axis=1).ravel()
    weight = np.tile([3.0, 1.0], judged)
    rows = make_rows(source, item, weight)
    words = np.repeat([f"{colours[c]} shoe q{i}" for i, c in enumerate(colour)], 2)[:, None]
    targets = replace(world.targets, natural=np.zeros(36)).observed(rows)
    return replace(world, X=words, rows=rows, targets=targets)


def test_re_ranking_learns_what_judges_want(make_world, make_rows):
    world = search_world(make_world, make_rows)
    asked = np.array([["blue shoe new"], ["pink shoe other"]])
    model = ReRanker(depth=20, trees=40, leaves=7)
    lists = world.fit(model).rank(asked, 3).ids
    assert lists[:, :2].tolist() == [[7, 9], [19, 21]]
    first = world.fit(build("model", "bm25")).rank(asked, 3).ids
    assert first[:, 0].tolist() != lists[:, 0].tolist()


def test_re_ranked_scores_agree_with_the_lists_and_repeat(world):
    model = ReRanker(first="most_popular", signals=("item_knn", "most_popular"), depth=20, trees=30)
    fitted, again = world.fit(model), world.fit(model)
    seen = sp.csr_matrix(world.matrix)
    lists = fitted.rank(world.everyone, 10, seen)
    assert not (world.matrix[np.arange(41)[:, None], lists.ids] * (lists.ids >= 0)).any()
    np.testing.assert_array_equal(again.rank(world.everyone, 10, seen).ids, lists.ids)
    scores = fitted.scores(world.everyone)
    assert scores.shape == (41, 25)
    first = fitted.rank(world.everyone, 1).ids[:, 0]
    np.testing.assert_array_equal(scores[np.arange(41), first], scores.max(axis=1))
    assert ((scores > 0).sum(axis=1) == 20).all()


def test_re_ranker_by_default_reads_co_occurrence_text_and_category(world):
    fitted = world.fit(ReRanker(depth=15, trees=5))
    described = fitted.pairs.describe(world.everyone[1:3], np.tile(np.arange(15), (2, 1)))
    assert described.shape == (2, 15, 6)
    kind = np.arange(15) % 3
    mix = np.stack([world.matrix[1:3][:, np.arange(25) % 3 == k].sum(axis=1) for k in range(3)], 1)
    mix = mix / mix.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(described[..., 5], mix[:, kind], rtol=1e-5)


def test_a_re_ranker_without_anything_to_learn_says_so(make_world):
    matrix = np.zeros((3, 6))
    matrix[1, 0] = matrix[2, 1] = 1
    world = make_world(matrix)
    with pytest.raises(NotApplicable, match="nothing to learn from"):
        world.fit(ReRanker(first="most_popular", signals=("most_popular",), depth=2))
