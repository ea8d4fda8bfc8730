"""Lists against the naive way to make them, and against the remedies they are to be lists of."""

import numpy as np
import polars as pl
import pytest
from small_shop import KEY, goods, save_shop, user_name

from longshelf.artifact import load, pseudonym, save_recommender
from longshelf.errors import InputError
from longshelf.serving.arrange import quota, unlike
from longshelf.serving.dials import Dials, read_dials
from longshelf.serving.engine import Engine, Wish
from longshelf.serving.goods import Filter
from longshelf.serving.index import Index
from longshelf.slices import Slices
from longshelf.strategies import Mmr, TailQuota
from longshelf.tables import Context, Ranking, Targets


@pytest.fixture(scope="module")
def engine(made):
    return Engine(made)


def person(number):
    return pseudonym(user_name(number), KEY)


def naive(made, vector, hidden, allowed, k):
    scores = made.items @ vector
    order = [i for i in np.argsort(-scores, kind="stable") if i not in hidden and i in allowed]
    return [int(i) for i in order[:k]]


def inside(made, wanted):
    rows = made.catalogue.with_row_index("code")
    if wanted.category:
        rows = rows.filter(category=wanted.category)
    for row in rows.iter_rows(named=True):
        if wanted.priced and row["price"] is None:
            continue
        low, high = wanted.low or 0, wanted.high or np.inf
        if not wanted.priced or low <= row["price"] <= high:
            yield row["code"]


@pytest.mark.parametrize(
    "wanted",
    [Filter(), Filter("Mugs"), Filter(None, 10, 20), Filter("Books", None, 30), Filter("None")],
    ids=str,
)
def test_a_known_user_gets_the_highest_products_that_pass(made, engine, wanted):
    for user in range(5):
        hidden = set(made.seen[user].indices.tolist())
        answer = engine.recommend(Wish(user=person(user), filter=wanted))
        assert answer.basis == "user"
        allowed = set(inside(made, wanted))
        assert answer.codes == naive(made, made.vectors[user], hidden, allowed, 20)
        assert answer.scores == sorted(answer.scores, reverse=True)


def test_a_new_user_is_folded_in_from_the_session_and_no_one_gets_what_is_popular(made, engine):
    touched = (3, 40, 200)
    answer = engine.recommend(Wish(touched=touched))
    everything = set(range(300))
    assert answer.basis == "session"
    assert answer.codes == naive(made, made.folded(touched), set(touched), everything, 20)
    nobody = engine.recommend(Wish(user="0" * 32))
    assert nobody.basis == "popular"
    assert nobody.codes == list(range(20))
    assert (
        engine.recommend(Wish(filter=Filter("Lamps"))).codes
        == [code for code in range(300) if made.catalogue["category"][code] == "Lamps"][:20]
    )


def test_a_known_user_moves_towards_what_was_touched_since(made, engine):
    before = set(made.seen[0].indices.tolist())
    touched = (250, 251)
    known, fresh = made.vectors[0], made.folded(touched)
    mixed = (len(before) * known + 2 * fresh) / (len(before) + 2)
    answer = engine.recommend(Wish(user=person(0), touched=touched))
    assert answer.codes == naive(made, mixed, before | set(touched), set(range(300)), 20)
    assert answer.codes != engine.recommend(Wish(user=person(0))).codes


def test_what_was_had_is_shown_again_only_if_asked_for(made, engine):
    had = set(made.seen[1].indices.tolist())
    assert not had & set(engine.recommend(Wish(user=person(1), k=100)).codes)
    again = engine.recommend(Wish(user=person(1), k=300, again=True, dials=Dials(depth=1000)))
    assert had <= set(again.codes)


def context(made):
    of = np.array([("head", "torso", "tail").index(s) for s in made.catalogue["slice"]], np.int8)
    counts = made.catalogue["count"].to_numpy()
    return Context(
        targets=Targets(names=np.array(made.catalogue["item"].to_list()), kind="item", natural=counts),
        slices=Slices("mass", of, counts == 0), history=made.seen, vectors=made.items[:, :-1],
    )  # fmt: skip


@pytest.mark.parametrize("share", [0.1, 0.35, 0.8])
def test_the_quota_is_that_of_the_remedy(made, share):
    rng = np.random.default_rng(1)
    ids = rng.permutation(300)[:60][None]
    ranking = Ranking(sources=np.zeros(1, int), ids=ids, scores=-np.arange(60.0)[None])
    wanted = TailQuota(share=share, k=20).rerank(ranking, context(made)).ids[0, :20]
    tail = (made.catalogue["slice"] == "tail").to_numpy()
    assert ids[0][quota(tail[ids[0]], 20, share)].tolist() == wanted.tolist()


@pytest.mark.parametrize("diversity", [0.2, 0.5, 0.9])
def test_unlike_items_are_those_of_the_remedy(made, diversity):
    rng = np.random.default_rng(2)
    ids = rng.permutation(300)[:60][None]
    scores = -np.sort(rng.normal(size=60))[None]
    ranking = Ranking(sources=np.zeros(1, int), ids=ids, scores=scores)
    wanted = Mmr(lam=1 - diversity, k=20).rerank(ranking, context(made)).ids[0, :20]
    own = made.items[:, :-1]
    unit = own / np.linalg.norm(own, axis=1, keepdims=True)
    assert ids[0][unlike(scores[0], unit[ids[0]], 20, diversity)].tolist() == wanted.tolist()


def test_a_quota_looks_for_tail_items_beyond_the_candidates(made, engine):
    tail = (made.catalogue["slice"] == "tail").to_numpy()
    plain = engine.recommend(Wish(user=person(2), dials=Dials(depth=20)))
    answer = engine.recommend(Wish(user=person(2), dials=Dials(depth=20, tail=0.9)))
    assert np.count_nonzero(tail[plain.codes]) < 18 == np.count_nonzero(tail[answer.codes])
    nobody = engine.recommend(Wish(dials=Dials(depth=20, tail=0.5)))
    assert np.count_nonzero(tail[nobody.codes]) == 10
    some = engine.recommend(
        Wish(user=person(2), filter=Filter(None, 10, 30), dials=Dials(depth=20, tail=0.5))
    )
    assert np.count_nonzero(tail[some.codes]) >= 10
    assert set(some.codes) <= set(inside(made, Filter(None, 10, 30)))


def test_related_items_point_the_same_way(made, engine):
    own = made.items[:, :-1]
    unit = own / np.linalg.norm(own, axis=1, keepdims=True)
    answer = engine.related(7, 10, Filter())
    assert answer.codes == [int(i) for i in np.argsort(-(unit @ unit[7])) if i != 7][:10]
    assert all(
        made.catalogue["category"][code] == "Mugs"
        for code in engine.related(7, 10, Filter("Mugs")).codes
    )


def test_reasons_are_the_parts_of_a_new_users_score(made, engine):
    touched, code = (3, 40, 200), 9
    own = made.items[:, :-1]
    parts = {t: max(0.0, float(own[t] @ own[code])) for t in touched}
    why = engine.explain("", touched, code)
    assert why.codes == sorted((t for t in touched if parts[t]), key=lambda t: -parts[t])
    assert why.scores == pytest.approx([parts[t] / sum(parts.values()) for t in why.codes])
    assert engine.explain("", (), code).basis == "popular"


def test_coded_search_is_checked_against_exact(tmp_path):
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(6000, 16)).astype(np.float32)
    queries = rng.normal(size=(300, 16)).astype(np.float32)
    index = Index(vectors, queries, 100)
    assert index.kind == "coded"
    assert 0.99 <= index.recall <= 1
    found = [
        np.isin(np.argsort(-(vectors @ q))[:100], index.search(q, 100)[0]).mean()
        for q in queries[200:]
    ]
    assert np.mean(found) > 0.98
    codes, scores = index.search(queries[0], 50)
    assert scores == pytest.approx(vectors[codes] @ queries[0], rel=1e-5)
    assert Index(vectors, queries, 100, wanted=1.1).kind == "exact"


def test_an_unsold_item_takes_the_place_of_items_with_like_titles(tmp_path):
    rng = np.random.default_rng(4)
    catalogue = goods(300, rng)
    counts = catalogue["count"].to_numpy().copy()
    counts[-1] = 0
    text = rng.normal(size=(300, 6)).astype(np.float32)
    text /= np.linalg.norm(text, axis=1, keepdims=True)
    text[-1] = text[5]
    items = rng.normal(size=(300, 8)).astype(np.float32)
    items[-1] = 1e-6
    made = load(
        save_recommender(
            tmp_path / "cold", name="cold", card={}, items=items, users=[],
            catalogue=catalogue.with_columns(pl.Series("count", counts)),
            vectors=np.zeros((0, 8)), seen=np.zeros((0, 300)), text=text, encoder="tf_idf",
        )
    )  # fmt: skip
    alike = text[:-1] @ text[-1]
    near = np.argsort(-alike)[:10]
    assert near[0] == 5
    assert Engine(made).items[-1] == pytest.approx(
        sum(alike[i] * items[i] for i in near) / alike[near].sum(), rel=1e-4
    )
    assert Engine(made).items[:-1] == pytest.approx(items[:-1])


def test_live_settings_say_what_is_wrong(tmp_path):
    path = tmp_path / "live.json"
    path.write_text('{"tail": 0.25}')
    assert read_dials(path) == Dials(tail=0.25)
    for text, said in (
        ('{"tale": 1}', "did you mean 'tail'"), ('{"tail": 2}', r"\[0, 1\]"), ("[]", "JSON object"),
        ('{"depth": "x"}', "numbers"), ("{", "cannot be read"),
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(InputError, match=said):
            read_dials(path)


def test_two_artifacts_have_two_versions(tmp_path):
    one = Engine(load(save_shop(tmp_path / "a")))
    two = Engine(load(save_shop(tmp_path / "b", seed=1)))
    assert one.version != two.version
