"""Rankers that ask a language model about titles, against prompts and likelihoods read naively."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
import torch

import longshelf as ls
from longshelf.cache import Cache
from longshelf.components import build
from longshelf.errors import InputError, LongShelfWarning, NotApplicable
from longshelf.models import GenerativeRetrieval, GroundedGeneration, PromptedRanker
from longshelf.models.rank.generative_retrieval import FittedRetriever
from longshelf.models.rank.grounded_generation import FittedWriter
from longshelf.models.rank.position_bias import position_bias
from longshelf.models.rank.prompted_ranker import FittedPromptedRanker
from longshelf.strategies import Strategy
from longshelf.tables import Rows, Targets

TITLES = [
    "red leather shoe", "blue cotton shirt", "green mug", "gold watch", "silk  tie\n", "gold watch",
    "", "red wool sock",
]  # fmt: skip
CYCLE = {0: 1, 1: 2, 2: 3, 3: 4, 4: 7, 7: 0}
"""What comes after what; items 5 and 6 never come."""
LEAD = "Products a customer bought, the latest last:\n"


@pytest.fixture(scope="module")
def shop(world):
    """Users who walk round the cycle: histories (n, 6) and the items that came next."""
    X, code = [], []
    for start in CYCLE:
        path = [start]
        for steps in range(7):
            X.append([0] * (6 - steps) + [one + 1 for one in path[:-1]])
            code.append(path[-1])
            path.append(CYCLE[path[-1]])
    y = np.array(code)
    n = len(y)
    rows = Rows(
        id=np.arange(n), inputs=pl.DataFrame({"user": np.arange(n)}), y=y, code=y,
        groups=pl.DataFrame(), source=np.arange(n),
    )  # fmt: skip
    return replace(world, X=np.array(X), rows=rows, targets=called(TITLES).observed(rows))


def called(titles):
    names = np.array([f"i{at}" for at in range(len(titles))])
    return Targets(names=names, kind="item", text=np.array(titles))


def naive(lm, prompt, answer):
    ids, own = lm.tokenizer(prompt)["input_ids"], lm.tokenizer(answer)["input_ids"]
    with torch.inference_mode():
        said = lm.net(input_ids=torch.tensor([ids + own])).logits[0].double().log_softmax(-1)
    return sum(float(said[len(ids) - 1 + at, token]) for at, token in enumerate(own)), len(own)


@pytest.fixture(scope="module")
def folder(tiny_gpt_folder):
    return str(tiny_gpt_folder)


def test_a_history_is_shown_by_its_latest_titles_on_a_line_each(shop, folder):
    prompts = PromptedRanker(name=folder, length=2, characters=9).prompts(shop.targets)
    assert prompts.ask([2, 3, 6]) == f"{LEAD}- gold watc\n- i6\n-"
    assert prompts.ask([]) == f"{LEAD}-"
    assert prompts.answers([4, 1]) == [" silk tie\n", " blue cott\n"]
    assert PromptedRanker().prompts(shop.targets).ask([2, 3]) == " green mug ¶ gold watch ¶"
    listed = PromptedRanker(name=folder, listed=True).prompts(shop.targets, offers=True)
    wanted = f"Products on offer:\n- gold watch\n- green mug\n\n{LEAD}- silk tie\n-"
    assert listed.ask([4], [3, 2]) == wanted
    own = PromptedRanker(name=folder, lead="Of {candidates}: ").prompts(shop.targets)
    assert own.ask([], [2]) == "Of - green mug: -"
    chinese = PromptedRanker(name=folder).prompts(called(["红色皮鞋"] * 8))
    assert chinese.ask([0]) == "顾客购买过的商品，最近的在最后：\n- 红色皮鞋\n-"


@pytest.mark.parametrize("normalise", ["sum", "mean", "pmi"])
def test_candidates_are_as_likely_as_when_read_alone(shop, folder, normalise):
    fitted = shop.fit(PromptedRanker(name=folder, normalise=normalise))
    X, ids = shop.X[[5, 0, 3]], np.array([[1, 4, 6], [3, 5, -1], [-1, -1, -1]])
    found = fitted.likelihood(X, ids)
    for row in range(3):
        prompt = fitted.prompts.ask([code - 1 for code in X[row] if code])
        for at, code in enumerate(ids[row]):
            if code < 0:
                assert found[row, at] == -np.inf
                continue
            answer = fitted.prompts.answers([code])[0]
            said, tokens = naive(fitted.lm, prompt, answer)
            free, _ = naive(fitted.lm, f"{LEAD}-", answer)
            wanted = {"sum": said, "mean": said / tokens, "pmi": said - free}[normalise]
            assert found[row, at] == pytest.approx(wanted, abs=2e-3)
    assert found[1, 0] == found[1, 1]


def test_listed_candidates_are_read_in_the_order_they_are_shown(shop, folder):
    fitted = shop.fit(PromptedRanker(name=folder, listed=True))
    ids, shown = np.array([[1, 4, 6]]), np.array([[6, 1, 4]])
    found = fitted.likelihood(shop.X[5:6], ids, shown)
    prompt = fitted.prompts.ask([code - 1 for code in shop.X[5] if code], [6, 1, 4])
    wanted = [naive(fitted.lm, prompt, fitted.prompts.answers([c])[0])[0] for c in (1, 4, 6)]
    np.testing.assert_allclose(found[0], wanted, atol=2e-3)
    assert not np.allclose(found, fitted.likelihood(shop.X[5:6], ids), atol=1e-3)


@pytest.mark.parametrize("k", [2, 3, 6])
def test_the_first_stage_proposes_and_the_model_disposes(shop, folder, k):
    fitted = shop.fit(PromptedRanker(name=folder, depth=3, first="most_popular"))
    X = shop.X[:9]
    seen = fitted_seen(X)
    lists, first = fitted.rank(X, k, seen), fitted.first.rank(X, max(k, 3), seen).ids
    for row in range(len(X)):
        worth = fitted.likelihood(X[row : row + 1], first[row : row + 1, :3])[0]
        wanted = [*first[row, :3][np.argsort(-worth, kind="stable")], *first[row, 3:]][:k]
        assert lists.ids[row].tolist() == wanted
        assert not seen[row, lists.ids[row][lists.ids[row] >= 0]].sum()
    real = np.where(lists.ids >= 0, lists.scores, -1e9)
    assert (np.diff(real, axis=1) <= 0).all()
    scores = fitted.scores(X)
    assert scores.shape == (9, 8)
    assert ((scores > 0).sum(axis=1) == 3).all()


def fitted_seen(X):
    rows, places = np.nonzero(X)
    return sp.csr_matrix((np.ones(len(rows)), (rows, X[rows, places] - 1)), shape=(len(X), 8))


def test_orders_matter_where_candidates_are_listed(shop, folder):
    plain = shop.fit(PromptedRanker(name=folder, listed=True, depth=5)).rank(shop.X[:12], 5)
    turned = shop.fit(PromptedRanker(name=folder, listed=True, depth=5, order="reversed"))
    assert not np.allclose(plain.scores, turned.rank(shop.X[:12], 5).scores, atol=0.1)
    shuffled = PromptedRanker(name=folder, listed=True, depth=5, order="shuffled", orders=3)
    one, two = (shop.fit(shuffled).rank(shop.X[:12], 5) for _ in range(2))
    assert np.array_equal(one.ids, two.ids)
    assert not np.array_equal(one.scores, plain.scores)


@pytest.mark.parametrize("normalise", ["sum", "mean"])
def test_wide_beams_give_the_order_of_all_titles(shop, folder, normalise):
    fitted = shop.fit(GenerativeRetrieval(name=folder, beams=50, normalise=normalise))
    asked = shop.fit(PromptedRanker(name=folder, normalise=normalise))
    X, seen = shop.X[:9], fitted_seen(shop.X[:9])
    lists = fitted.rank(X, 8, seen)
    worth = asked.likelihood(X, np.tile(np.arange(8), (9, 1)))
    worth[seen.toarray() > 0] = -np.inf
    for row in range(9):
        order = np.argsort(-worth[row], kind="stable")[: int((worth[row] > -np.inf).sum())]
        real = lists.ids[row][lists.ids[row] >= 0]
        assert sorted(real) == sorted(order)
        np.testing.assert_allclose(lists.scores[row, : len(real)], worth[row][order], atol=1e-3)
        assert (lists.ids[row, len(real) :] == -1).all()


def test_narrow_beams_find_fewer_and_only_titles(shop, folder):
    narrow = shop.fit(GenerativeRetrieval(name=folder, beams=1)).rank(shop.X, 8)
    wide = shop.fit(GenerativeRetrieval(name=folder, beams=50)).rank(shop.X, 8)
    assert 0 < (narrow.ids >= 0).sum() < (wide.ids >= 0).sum()


@dataclass(frozen=True)
class Scripted(FittedWriter):
    """Writes what it is told."""

    def written(self, X):
        drafts = [["Green  MUG", "green mug", "flying carpet"], ["nothing", "none", ""]]
        return [drafts[min(row, 1)] for row in range(len(X))]


def scripted(shop, folder, **given):
    recipe = GroundedGeneration(name=folder, **given)
    return Scripted(None, recipe.prompts(shop.targets), recipe, 0)


def test_drafts_are_looked_up_and_those_that_do_not_exist_are_counted(shop, folder):
    exact = scripted(shop, folder, match="exact")
    with pytest.warns(LongShelfWarning, match=r"66.7% of the 6 titles written are no item's"):
        lists = exact.rank(shop.X[:2], 3)
    assert lists.ids.tolist() == [[2, -1, -1], [-1, -1, -1]]
    assert lists.scores[0, 0] == pytest.approx(2 / 3)
    near = scripted(shop, folder, match="nearest")
    with pytest.warns(LongShelfWarning, match=r"66.7%"):
        lists = near.rank(shop.X[:2], 3)
    assert lists.ids[0, 0] == 2
    assert lists.scores[0, 0] == pytest.approx(2 / 3, abs=1e-5)
    hidden = sp.csr_matrix(np.eye(8)[[2, 2]])
    with pytest.warns(LongShelfWarning):
        assert 2 not in near.rank(shop.X[:2], 3, hidden).ids


def test_free_titles_follow_the_seed_and_mostly_do_not_exist(shop, folder):
    model = GroundedGeneration(name=folder, drafts=3, most=8)
    one, two = (shop.fit(model).written(shop.X[:4]) for _ in range(2))
    assert one == two
    assert one != shop.fit(model, seed=1).written(shop.X[:4])
    assert [len(drafts) for drafts in one] == [3] * 4
    with pytest.warns(LongShelfWarning, match=r"100.0% of the 12 titles"):
        shop.fit(model).rank(shop.X[:4], 3)


@pytest.fixture(scope="module")
def learned(shop):
    """A small GPT that has read the walks round the cycle."""
    return shop.fit(PromptedRanker(tokens=40_000, first="most_popular", depth=8))


def test_a_model_trained_on_histories_knows_what_comes_next(shop, learned):
    X = np.array([[0, 0, 0, 0, a + 1, b + 1] for a, b in CYCLE.items()])
    wanted = [CYCLE[b] for b in CYCLE.values()]
    recipe = GroundedGeneration(drafts=4, most=12, match="exact", temperature=0.5)
    retriever = FittedRetriever(learned.lm, learned.prompts, 5, "sum")
    writer = FittedWriter(learned.lm, learned.prompts, recipe, 0)
    for code, hit in zip(wanted, learned.rank(X, 1).ids[:, 0], strict=True):
        assert TITLES[hit] == TITLES[code]
    for code, hit in zip(wanted, retriever.rank(X, 1).ids[:, 0], strict=True):
        assert TITLES[hit] == TITLES[code]
    drafts = writer.written(X)
    right = [
        draft == " ".join(TITLES[c].split()) for c, own in zip(wanted, drafts) for draft in own
    ]
    assert np.mean(right) > 0.8
    assert np.mean(writer.exists([draft for own in drafts for draft in own])) > 0.8


class Heavy(Strategy):
    """Rows of item 2 count fifty times those of others."""

    def weigh(self, rows, targets):
        weights = np.where(rows.code == 2, 50.0, 1.0)
        return weights / weights.mean()


def test_row_weights_reach_the_model_trained_here(shop):
    model = PromptedRanker(tokens=3_000, first="most_popular", depth=8)
    X, ids = shop.X[:1], np.arange(8)[None]
    plain = shop.fit(model).likelihood(X, ids)[0]
    heavy = shop.fit(model, Heavy()).likelihood(X, ids)[0]
    assert heavy[2] - plain[2] > np.median(heavy[[0, 1, 7]] - plain[[0, 1, 7]])


@dataclass(frozen=True)
class Placed(FittedPromptedRanker):
    """Likes what stands first, or what has a small code."""

    by_place: bool = True

    def likelihood(self, X, ids, shown=None):
        place = np.array([[list(s).index(i) for i in r] for r, s in zip(ids, shown)])
        return -(place if self.by_place else ids).astype(float)


def test_position_bias_tells_places_from_items(shop, folder):
    fitted = shop.fit(PromptedRanker(name=folder, listed=True, depth=7, first="most_popular"))
    parts = (fitted.lm, fitted.prompts, fitted.first, fitted.recipe, fitted.targets, fitted.seed)
    rng = np.random.default_rng
    X = np.repeat(shop.X[:1], 300, axis=0)
    places = position_bias(Placed(*parts), X, rng(0))
    assert places.pull == pytest.approx(1)
    assert places.agreement == pytest.approx(1 / 7, abs=0.06)
    assert abs(places.concordance) < 0.06
    items = position_bias(Placed(*parts, by_place=False), X, rng(0))
    assert abs(items.pull) < 0.06
    assert (items.agreement, items.concordance, items.sources) == (1, pytest.approx(1), 300)
    unlisted = shop.fit(PromptedRanker(name=folder, depth=7, first="most_popular"))
    assert position_bias(unlisted, shop.X[:8], rng(0)).concordance == pytest.approx(1)


@pytest.mark.parametrize(
    "model",
    [PromptedRanker(), GenerativeRetrieval(), GroundedGeneration()],
    ids=lambda m: type(m).__name__,
)
def test_what_cannot_be_read_is_not_applicable(shop, model):
    with pytest.raises(NotApplicable, match="features: history"):
        shop.fit(model, X=np.ones((len(shop.rows), 1), np.int64))
    bare = replace(shop, targets=replace(shop.targets, text=None))
    with pytest.raises(NotApplicable, match="text"):
        bare.fit(model)


@pytest.mark.parametrize(
    "wrong",
    [
        "prompted_ranker(depth=0)", "prompted_ranker(first='knn')", "prompted_ranker(length=0)",
        "prompted_ranker(listed=True)", "prompted_ranker(order='reversed')",
        "prompted_ranker(name='a', listed=True, normalise='pmi')", "prompted_ranker(lead='a')",
        "prompted_ranker(name='a', listed=True, orders=2)", "prompted_ranker(normalise='max')",
        "generative_retrieval(beams=0)", "generative_retrieval(normalise='pmi')",
        "grounded_generation(drafts=0)", "grounded_generation(match='most')",
    ],
)  # fmt: skip
def test_impossible_arguments_are_refused(wrong):
    with pytest.raises(InputError):
        build("model", wrong)


@pytest.mark.filterwarnings("ignore::longshelf.errors.LongShelfWarning")
@pytest.mark.parametrize(
    "model",
    [
        "prompted_ranker(name='{}', depth=4, length=3)",
        "generative_retrieval(name='{}', beams=3, length=3, characters=20)",
        "grounded_generation(name='{}', drafts=2, most=6, length=3)",
    ],
)  # fmt: skip
def test_lists_are_measured_like_any_others(folder, tmp_path, model):
    data = ls.load("marketplace(problem='interactions', users=60, items=100)")
    arm = ls.fit(
        data, task={"rank": {"k": 5, "depth": 10}}, split="leave_last_out", features="history",
        model=model.format(folder), cache=Cache(tmp_path),
    )  # fmt: skip
    measured = set(arm.values["metric"].unique())
    assert {"ndcg@5", "arp@5", "aplt@5"} <= measured
    written = [text for text in arm.about["warnings"] if "no item's" in text]
    assert bool(written) == ("grounded" in model)
