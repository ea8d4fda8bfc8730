"""Re-rankings against a slow loop over one list, the paper's table, or a linear programme."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog

from longshelf.errors import InputError, LongShelfWarning, NotApplicable
from longshelf.slices import Slices
from longshelf.strategies import (
    CalibratedPopularity,
    Dpp,
    ExposureFair,
    FaStar,
    Mmr,
    PopularityDiscount,
    TailQuota,
    XQuad,
)
from longshelf.strategies.rerank.fa_star import failure, minimum_protected
from longshelf.strategies.rerank.greedy import in_blocks
from longshelf.tables import Context, Ranking, Targets

C, DEPTH = 12, 8
OF = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2], dtype=np.int8)
COUNTS = np.array([50.0, 40, 30, 12, 11, 10, 5, 4, 3, 2, 1, 0])


def context(history=None, vectors=None, of=OF) -> Context:
    return Context(
        targets=Targets(names=np.arange(C).astype(str), kind="item", natural=COUNTS),
        slices=Slices("mass", of, COUNTS == 0),
        history=sp.csr_matrix(np.zeros((40, C)) if history is None else history),
        vectors=vectors,
    )


@pytest.fixture(scope="module")
def ranking() -> Ranking:
    """40 lists; popular targets score higher, the last lists are short."""
    rng = np.random.default_rng(0)
    scores = np.log1p(COUNTS) + rng.normal(size=(40, C))
    ids = np.argsort(-scores, axis=1)[:, :DEPTH]
    kept = np.take_along_axis(scores, ids, axis=1)
    ids[-3:, 5:] = -1
    kept[-3:, 5:] = -np.inf
    return Ranking(sources=rng.permutation(40), ids=ids, scores=kept)


def one(ranking: Ranking, row: int) -> tuple[list[int], list[float]]:
    real = ranking.ids[row] >= 0
    return ranking.ids[row][real].tolist(), ranking.scores[row][real].tolist()


def unit(scores: list[float]) -> list[float]:
    low, high = min(scores), max(scores)
    return [(s - low) / (high - low) for s in scores]


def padded(ids: list[int]) -> list[int]:
    return ids + [-1] * (DEPTH - len(ids))


EVERY = (
    CalibratedPopularity(k=4),
    Dpp(theta=0.3, k=4),
    ExposureFair(k=4),
    FaStar(p=0.6, alpha=0.3, k=4),
    Mmr(lam=0.2, k=4),
    PopularityDiscount(gamma=1.0),
    TailQuota(share=0.5, k=4),
    XQuad(lam=0.8, k=4),
)


@pytest.mark.parametrize("strategy", EVERY, ids=lambda s: type(s).__name__)
def test_a_list_keeps_its_members_and_its_padding_and_changes(ranking, strategy) -> None:
    vectors = np.random.default_rng(1).normal(size=(C, 3))
    history = np.random.default_rng(2).random((40, C)) < 0.3
    after = strategy.rerank(ranking, context(history, vectors))
    assert (np.sort(after.ids, axis=1) == np.sort(ranking.ids, axis=1)).all()
    assert (after.ids[-3:, 5:] == -1).all()
    assert (np.diff(after.scores[:-3], axis=1) <= 0).all()
    assert (after.ids[:, :4] != ranking.ids[:, :4]).any()
    np.testing.assert_array_equal(after.sources, ranking.sources)


def test_blocks_do_not_show(ranking) -> None:
    def work(part: Ranking) -> Ranking:
        return Ranking(sources=part.sources, ids=part.ids[:, ::-1], scores=-part.scores)

    whole, pieces = in_blocks(ranking, work, 1000), in_blocks(ranking, work, 7)
    np.testing.assert_array_equal(whole.ids, pieces.ids)
    np.testing.assert_array_equal(whole.scores, pieces.scores)
    none = Ranking(sources=ranking.sources[:0], ids=ranking.ids[:0], scores=ranking.scores[:0])
    assert in_blocks(none, work) is none


def test_the_discount_is_its_formula(ranking) -> None:
    after = PopularityDiscount(gamma=0.4).rerank(ranking, context())
    for row in range(40):
        ids, scores = one(ranking, row)
        worth = {i: s - 0.4 * np.log(COUNTS[i] + 1) for i, s in zip(ids, scores, strict=True)}
        wanted = sorted(ids, key=lambda i: -worth[i])
        assert after.ids[row].tolist() == padded(wanted)
        np.testing.assert_allclose(after.scores[row][: len(ids)], [worth[i] for i in wanted])


def test_dividing_probabilities_is_the_discount_of_their_logarithms(ranking) -> None:
    chances = Ranking(sources=ranking.sources, ids=ranking.ids, scores=np.exp(ranking.scores))
    divided = PopularityDiscount(gamma=0.4, divide=True).rerank(chances, context())
    taken = PopularityDiscount(gamma=0.4).rerank(ranking, context())
    np.testing.assert_array_equal(divided.ids, taken.ids)
    with pytest.raises(NotApplicable, match="leave divide out"):
        PopularityDiscount(divide=True).rerank(
            Ranking(sources=ranking.sources, ids=ranking.ids, scores=ranking.scores - 5), context()
        )


@pytest.mark.parametrize("smooth", [True, False])
def test_x_quad_is_the_slow_loop(ranking, smooth) -> None:
    history = (np.random.default_rng(3).random((40, C)) < 0.3).astype(float)
    history[ranking.sources[0]] = 0
    after = XQuad(lam=0.6, smooth=smooth, k=5).rerank(ranking, context(history))
    everybody = history.sum(axis=0)
    for row, source in enumerate(ranking.sources):
        own = history[source] if history[source].any() else everybody
        liked = own[OF == 0].sum() / own.sum()
        liked = {True: liked, False: 1 - liked}
        ids, scores = one(ranking, row)
        wanted = dict(zip(ids, unit(scores), strict=True))
        chosen: list[int] = []
        for _ in range(min(5, len(ids))):

            def value(i, chosen=chosen, liked=liked, wanted=wanted):
                head = OF[i] == 0
                same = sum((OF[j] == 0) == head for j in chosen)
                covered = same / max(len(chosen), 1) if smooth else float(same > 0)
                return 0.4 * wanted[i] + 0.6 * liked[head] * (1 - covered)

            chosen.append(max((i for i in ids if i not in chosen), key=value))
        rest = [i for i in ids if i not in chosen]
        assert after.ids[row].tolist() == padded(chosen + rest)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_a_quota_swaps_the_lowest_others_for_the_best_of_the_tail(ranking, share) -> None:
    after = TailQuota(share=share, k=4).rerank(ranking, context())
    for row in range(40):
        ids, _ = one(ranking, row)
        tail = [i for i in ids if OF[i] == 2]
        first = ids[:4]
        missing = int(np.ceil(share * 4)) - sum(OF[i] == 2 for i in first)
        for new in [i for i in tail if i not in first][: max(missing, 0)]:
            first.remove([i for i in first if OF[i] != 2][-1])
            first.append(new)
        kept = [i for i in ids if i in first]
        assert after.ids[row].tolist() == padded(kept + [i for i in ids if i not in first])
    if share == 0:
        np.testing.assert_array_equal(after.ids, ranking.ids)


def test_dpp_takes_the_largest_determinant_at_each_place(ranking) -> None:
    vectors = np.random.default_rng(5).normal(size=(C, 6))
    after = Dpp(theta=0.4, k=5).rerank(ranking, context(vectors=vectors))
    unit_rows = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = (1 + unit_rows @ unit_rows.T) / 2
    for row in range(40):
        ids, scores = one(ranking, row)
        wanted = dict(zip(ids, unit(scores), strict=True))
        chosen: list[int] = []
        for _ in range(min(5, len(ids))):

            def value(i, chosen=chosen, wanted=wanted):
                some = [*chosen, i]
                log_det = np.linalg.slogdet(alike[np.ix_(some, some)])[1]
                return 0.4 * sum(wanted[j] for j in some) + 0.6 * log_det

            chosen.append(max((i for i in ids if i not in chosen), key=value))
        rest = [i for i in ids if i not in chosen]
        assert after.ids[row].tolist() == padded(chosen + rest)


def test_dpp_goes_by_relevance_once_the_list_spans_all(ranking) -> None:
    # two dimensions and the ones of (1 + cosine) / 2: three vectors span the kernel
    flat = np.random.default_rng(6).normal(size=(C, 2))
    lists = whole(ranking)
    after = Dpp(theta=0.1, k=8).rerank(lists, context(vectors=flat))
    place = np.array([
        [ids.index(i) for i in order]
        for ids, order in zip(lists.ids.tolist(), after.ids.tolist(), strict=True)
    ])  # fmt: skip
    assert (np.diff(place[:, 3:], axis=1) > 0).all()


def test_dpp_bears_twins_and_needs_vectors(ranking) -> None:
    twins = np.ones((C, 3))
    after = Dpp(theta=0.5, k=8).rerank(ranking, context(vectors=twins))
    np.testing.assert_array_equal(after.ids, ranking.ids)
    with pytest.raises(NotApplicable, match="vectors"):
        Dpp().rerank(ranking, context())


PUBLISHED = {
    (0.5, 0.1, 12): [0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 4],
    (0.7, 0.1, 12): [0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6],
    (0.25, 0.1, 20): [0] * 8 + [1] * 6 + [2] * 5 + [3],
    (0.3, 0.05, 30): [0] * 8 + [1] * 5 + [2] * 5 + [3] * 5 + [4] * 4 + [5] * 3,
}
"""From the paper's table 2 and from the tests of the authors' library, fairsearch."""


@pytest.mark.parametrize("case", PUBLISHED)
def test_minimum_protected_is_the_published_table(case) -> None:
    p, alpha, k = case
    assert minimum_protected(k, p, alpha).tolist() == PUBLISHED[case]


def test_the_adjusted_table_refuses_a_fair_list_as_rarely_as_asked() -> None:
    wanted = [0] * 10 + [1] * 6 + [2] * 5 + [3] * 4 + [4] * 5
    assert FaStar(p=0.3, alpha=0.05, k=30).minimum.tolist() == wanted
    assert failure(np.array(wanted), 0.3) == pytest.approx(0.0487773079718)
    # the authors' library stops at a table that refuses 10.5% where 10% was asked
    theirs = np.array([0] * 8 + [1] * 7 + [2] * 5)
    assert failure(theirs, 0.25) == pytest.approx(0.1051524735522)
    ours = FaStar(p=0.25, alpha=0.1, k=20).minimum
    assert failure(ours, 0.25) <= 0.1
    drawn = np.random.default_rng(0).random((40_000, 20)) < 0.25
    refused = (np.cumsum(drawn, axis=1) < ours).any(axis=1).mean()
    assert refused == pytest.approx(failure(ours, 0.25), abs=0.005)


@pytest.mark.parametrize("protected", ["torso", "tail"])
def test_fa_star_is_the_two_queues_of_the_paper(ranking, protected) -> None:
    strategy = FaStar(p=0.6, alpha=0.4, k=6, protected=protected, adjust=False)
    after = strategy.rerank(ranking, context())
    code = {"torso": 1, "tail": 2}[protected]
    minimum = minimum_protected(6, 0.6, 0.4)
    for row in range(40):
        ids, _ = one(ranking, row)
        queues = {rare: [i for i in ids if (OF[i] == code) == rare] for rare in (True, False)}
        chosen: list[int] = []
        while len(chosen) < min(6, len(ids)):
            held = sum(OF[i] == code for i in chosen)
            first = [queue[0] for queue in queues.values() if queue]
            best = min(first, key=ids.index)
            if held < minimum[len(chosen)] and queues[True]:
                best = queues[True][0]
            queues[OF[best] == code].remove(best)
            chosen.append(best)
        rest = [i for i in ids if i not in chosen]
        assert after.ids[row].tolist() == padded(chosen + rest)


def exposure(k: int) -> np.ndarray:
    place = np.arange(1, DEPTH + 1)
    return np.where(place <= k, 1 / np.log2(place + 1), 0.0)


def whole(ranking: Ranking) -> Ranking:
    return Ranking(sources=ranking.sources[:-3], ids=ranking.ids[:-3], scores=ranking.scores[:-3])


@pytest.mark.parametrize("parity", ["equal", "merit"])
def test_exposure_is_shared_as_asked(ranking, parity) -> None:
    lists = whole(ranking)
    after = ExposureFair(parity=parity, k=4).rerank(lists, context())
    worth = np.array([unit(scores) for scores in lists.scores.tolist()])
    tail = OF[lists.ids] == 2
    given = exposure(4)
    got = (given * (OF[after.ids] == 2)).sum()
    total = given.sum() * len(lists.ids)
    merit = np.ones_like(worth) if parity == "equal" else worth
    per_tail, per_other = got / merit[tail].sum(), (total - got) / merit[~tail].sum()
    before = (given * tail).sum()
    assert before / merit[tail].sum() < 0.8 * (total - before) / merit[~tail].sum()
    # one step of one list is all that may be missing
    assert abs(per_tail - per_other) * merit[tail].sum() < 1.5
    assert per_tail == pytest.approx(per_other, rel=0.03)


def test_exposure_costs_no_more_relevance_than_the_linear_programme(ranking) -> None:
    lists = Ranking(sources=np.arange(6), ids=ranking.ids[:6], scores=ranking.scores[:6])
    after = ExposureFair(parity="merit", k=4).rerank(lists, context())
    worth = np.array([unit(scores) for scores in lists.scores.tolist()])
    given, tail = exposure(4), OF[lists.ids] == 2
    got = (given * (OF[after.ids] == 2)).sum()
    place = [[lists.ids[u].tolist().index(i) for i in after.ids[u]] for u in range(6)]
    ours = sum((given * worth[u][place[u]]).sum() for u in range(6))
    # one doubly stochastic matrix per list, their summed tail exposure tied to ours
    size = 6 * DEPTH * DEPTH
    gain = (worth[:, :, None] * given).ravel()
    rare = (tail[:, :, None] * given).ravel()
    at = np.arange(size).reshape(6, DEPTH, DEPTH)
    ties = np.zeros((12 * DEPTH, size))
    for n, cells in enumerate(
        np.concatenate([at.reshape(-1, DEPTH), at.transpose(0, 2, 1).reshape(-1, DEPTH)])
    ):
        ties[n, cells] = 1
    best = linprog(
        -gain, A_eq=np.vstack([ties, rare]), b_eq=np.append(np.ones(12 * DEPTH), got), bounds=(0, 1)
    )
    assert ours == pytest.approx(-best.fun, rel=0.01)
    assert ours <= -best.fun + 1e-6


def test_exposure_out_of_reach_is_said() -> None:
    # all worth is on the list of the tail, which has exposure for half of it
    lists = Ranking(
        sources=np.arange(2),
        ids=np.array([[0, 1, 2, 3], [6, 7, 8, 9]]),
        scores=np.array([[1.0, 0.0, 0.0, 0.0], [1.0, 0.9, 0.9, 0.0]]),
    )
    with pytest.warns(LongShelfWarning, match="keep more candidates"):
        after = ExposureFair(parity="merit", k=2).rerank(lists, context())
    np.testing.assert_array_equal(after.ids, lists.ids)


def test_slices_without_a_target_are_not_applicable(ranking) -> None:
    head = context(of=np.zeros(C, dtype=np.int8))
    for strategy in (TailQuota(), FaStar(), ExposureFair()):
        with pytest.raises(NotApplicable):
            strategy.rerank(ranking, head)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PopularityDiscount(gamma=-1),
        lambda: XQuad(lam=2),
        lambda: TailQuota(share=1.5),
        lambda: Dpp(theta=0),
        lambda: FaStar(p=1.0),
        lambda: FaStar(protected="tali"),
        lambda: ExposureFair(parity="even"),
        lambda: ExposureFair(k=0),
    ],
)
def test_arguments_out_of_range_are_refused(make) -> None:
    with pytest.raises(InputError, match=r"got|unknown"):
        make()
