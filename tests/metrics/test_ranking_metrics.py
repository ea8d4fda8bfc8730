"""Every ranking metric against plain loops, on every slice, cut-off and group at once."""

import naive_lists
import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp

from longshelf.components import known
from longshelf.errors import InputError
from longshelf.metrics import Ndcg, PopReo, PopRsp, RecallIps, evaluate_ranking
from longshelf.metrics.lists import held, one_pass
from longshelf.metrics.lists.base import ListMetric
from longshelf.slices import cut
from longshelf.tables import Ranking, Targets

U, C, DEPTH = 90, 40, 12
ACCURACY = (
    "precision", "recall", "hit_rate", "mrr", "map", "map_min", "ndcg", "ndcg_exp",
    "recall_ips", "ndcg_ips",
)  # fmt: skip
WHOLE_LISTS = (
    "arp", "aplt", "aclt", "novelty", "miscalibration", "intra_list_diversity",
    "expected_exposure_loss", "popularity_rank_correlation",
)  # fmt: skip
CATALOGUE = ("coverage", "gini", "exposure_gini", "shannon_entropy", "pop_reo", "pop_rsp")


def lists(rng):
    """Random lists of random lengths, some empty."""
    ids = np.argsort(rng.random((U, C)), axis=1)[:, :DEPTH]
    length = rng.integers(0, DEPTH + 1, U)
    ids = np.where(np.arange(DEPTH) < length[:, None], ids, -1)
    return Ranking(
        sources=np.arange(5, U + 5), ids=ids, scores=-np.cumsum(rng.random(ids.shape), 1)
    )


class Shop:
    """A random problem; every fifth source has nothing relevant."""

    def __init__(self, seed=0):
        rng = np.random.default_rng(seed)
        self.ranking = lists(rng)
        grades = rng.integers(0, 4, (U, C)) * (rng.random((U, C)) < 0.15)
        grades[::5] = 0
        self.relevant = sp.csr_matrix(grades.astype(float))
        history = (rng.random((U + 5, C)) < np.linspace(0.5, 0.02, C)) * 1.0
        history[:, -3:] = 0
        history[9] = 0
        self.history = sp.csr_matrix(history)
        self.natural = history.sum(axis=0)
        self.targets = Targets(
            names=np.array([f"i{c}" for c in range(C)]), kind="item", natural=self.natural
        )
        self.slices = cut(self.natural)
        self.vectors = rng.normal(size=(C, 6))
        self.propensity = rng.uniform(0.001, 1, C)
        self.groups = pl.DataFrame({"age": rng.choice(["old", "young"], U), "town": ["a"] * U})
        self.rng = rng

    def measure(self, **more):
        given = {
            "history": self.history, "vectors": self.vectors, "propensity": self.propensity,
            "groups": self.groups, "k": 10, "ks": (3, 7, 15), **more,
        }  # fmt: skip
        return evaluate_ranking(self.ranking, self.relevant, self.targets, self.slices, **given)

    def naive(self, name, k, members=None):
        """The value of each source by the loops."""
        users = np.diff(self.history.tocsc().indptr)
        values = []
        for row in range(U):
            grades = dict(zip(self.relevant[row].indices, self.relevant[row].data, strict=True))
            if members is not None:
                grades = {i: g for i, g in grades.items() if members[i]}
            profile = self.history[self.ranking.sources[row]].indices.tolist()
            values.append(
                naive_lists.per_source(
                    name,
                    k,
                    self.ranking.ids[row].tolist(),
                    grades,
                    self.natural,
                    self.slices.of,
                    users,
                    self.history.shape[0],
                    profile,
                    self.vectors,
                    1 / np.maximum(self.propensity, 0.01),
                )
            )
        return np.array([np.nan if v is None else v for v in values], dtype=float)


@pytest.fixture(scope="module")
def shop():
    return Shop()


@pytest.fixture(scope="module")
def measured(shop):
    return shop.measure()


@pytest.fixture(scope="module")
def value(measured):
    return {
        (m, a, s): (v, n)
        for m, a, s, v, n in measured.values.select(
            "metric", "slice_axis", "slice", "value", "support"
        ).iter_rows()
    }


@pytest.mark.parametrize("k", [3, 7, 10, 15])
@pytest.mark.parametrize("name", ACCURACY)
def test_accuracy_on_every_slice_is_the_loops(shop, value, name, k):
    for place, members in {"all": None, **shop.slices.members}.items():
        each = shop.naive(name, k, members)
        found, support = value[f"{name}@{k}", "all" if members is None else "target", place]
        assert found == pytest.approx(np.nanmean(each), abs=1e-12)
        assert support == np.isfinite(each).sum()


@pytest.mark.parametrize("k", [3, 7, 10, 15])
@pytest.mark.parametrize("name", WHOLE_LISTS)
def test_what_lists_show_is_the_loops(shop, value, name, k):
    each = shop.naive(name, k)
    found, support = value[f"{name}@{k}", "all", "all"]
    assert found == pytest.approx(np.nanmean(each), abs=2e-7 if "intra" in name else 1e-12)
    assert support == np.isfinite(each).sum()


@pytest.mark.parametrize("k", [3, 10, 15])
@pytest.mark.parametrize("name", CATALOGUE)
def test_the_catalogue_is_the_loops(shop, value, name, k):
    assert value[f"{name}@{k}", "all", "all"][0] == pytest.approx(whole(shop, name, k), abs=1e-12)


def whole(shop, name, k):
    graded = [dict(zip(r.indices, r.data, strict=True)) for r in shop.relevant]
    seen = [set(shop.history[s].indices) for s in shop.ranking.sources]
    return naive_lists.catalogue(name, k, shop.ranking.ids.tolist(), graded, shop.slices.of, seen)


def test_two_groups_of_targets(shop):
    found = shop.measure(metrics=[PopReo(k=10, groups=2), PopRsp(k=10, groups=2)])
    for row in found.values.filter(pl.col("metric").str.contains("groups")).to_dicts():
        name = row["metric"].replace("@10", "")
        assert row["value"] == pytest.approx(whole(shop, name, 10), abs=1e-12)


def test_every_metric_of_the_namespace_is_measured(measured):
    stems = {cls().stem for cls in known("metric").values() if issubclass(cls, ListMetric)}
    found = {name.partition("@")[0] for name in measured.values["metric"]}
    assert stems - found == {"gauc", "judged"}


def test_lift_compares_lists_with_profiles_by_group(shop, value):
    def by(kept):
        had, shown = [], []
        for row in np.flatnonzero(kept):
            own = shop.history[shop.ranking.sources[row]].indices
            first = [i for i in shop.ranking.ids[row, :10] if i >= 0]
            if len(own) and first:
                had.append(shop.natural[own].mean())
                shown.append(shop.natural[first].mean())
        return np.mean(shown) / np.mean(had) - 1

    name = "popularity_lift@10"
    assert value[name, "all", "all"][0] == pytest.approx(by(np.ones(U, dtype=bool)), abs=1e-12)
    for age in ("old", "young"):
        kept = (shop.groups["age"] == age).to_numpy()
        assert value[name, "age", age][0] == pytest.approx(by(kept), abs=1e-12)


def test_groups_filter_sources_and_show_who_is_worst(shop, value):
    each = shop.naive("ndcg", 10)
    of = {a: np.nanmean(each[(shop.groups["age"] == a).to_numpy()]) for a in ("old", "young")}
    for age, wanted in of.items():
        assert value["ndcg@10", "age", age][0] == pytest.approx(wanted, abs=1e-12)
    assert value["ndcg@10", "age", "worst"][0] == pytest.approx(min(of.values()))
    assert value["ndcg@10", "age", "gap"][0] == pytest.approx(abs(of["old"] - of["young"]))
    assert value["arp@10", "age", "worst"][0] >= value["arp@10", "age", "old"][0]


def test_small_groups_are_pooled_or_left_out(shop):
    names = np.array(["big"] * 50 + ["a"] * 20 + ["b"] * 20)
    found = shop.measure(groups=pl.DataFrame({"g": names})).values
    assert set(found.filter(slice_axis="g", metric="arp@10")["slice"]) >= {"big", "other"}
    names = np.array(["big"] * 70 + ["a"] * 20)
    found = shop.measure(groups=pl.DataFrame({"g": names})).values
    assert set(found.filter(slice_axis="g")["slice"]) == {"big"}


def test_influences_are_the_derivative_by_the_weight_of_a_source(shop, measured):
    each = shop.naive("ndcg", 10, shop.slices.members["tail"])
    known_ = np.isfinite(each)
    column = measured.units["score|ndcg@10|tail"].to_numpy()
    assert column.mean() == pytest.approx(0, abs=1e-6)
    some = shop.rng.random(U)
    weight = np.where(known_, some, 0)
    exact = (weight * np.nan_to_num(each)).sum() / weight.sum()
    even = known_ / known_.sum()
    step = 1e-5
    bent = ((1 - step) * even + step * weight / weight.sum()) @ np.nan_to_num(each)
    slope = (bent - np.nanmean(each)) / step
    assert slope == pytest.approx(exact - np.nanmean(each), abs=1e-6)
    given = step * (weight / weight.sum() * known_.sum() - known_)
    assert np.mean(given * column) / step == pytest.approx(slope, abs=1e-3)
    assert measured.units["id"].to_list() == shop.ranking.sources.tolist()


def test_intervals_are_those_of_a_mean(shop, measured):
    from scipy.stats import t as student

    each = shop.naive("recall", 10)
    each = each[np.isfinite(each)]
    row = measured.values.filter(metric="recall@10", slice="all").to_dicts()[0]
    wide = student.ppf(0.975, len(each) - 1) * each.std(ddof=1) / np.sqrt(len(each))
    assert row["high"] == pytest.approx(each.mean() + wide)
    assert row["low"] == pytest.approx(max(each.mean() - wide, 0))


def test_catalogue_intervals_are_a_jackknife_over_sources(shop, measured):
    from scipy.stats import t as student

    from longshelf.metrics.lists.tallies import parts_of

    part = parts_of(shop.ranking.sources)
    assert np.bincount(part).max() - np.bincount(part).min() <= 1
    left = []
    for g in range(50):
        kept = part != g
        count = np.bincount(
            shop.ranking.ids[kept, :10][shop.ranking.ids[kept, :10] >= 0], minlength=C
        )
        left.append(naive_lists.gini(count.tolist()))
    wide = student.ppf(0.975, 49) * np.sqrt(49 / 50 * ((left - np.mean(left)) ** 2).sum())
    row = measured.values.filter(metric="gini@10").to_dicts()[0]
    assert row["high"] - row["value"] == pytest.approx(wide, rel=1e-5)


def test_the_jackknife_interval_holds_the_truth():
    """Entropy of lists drawn from a known law: the share of intervals that hold its mean."""
    rng = np.random.default_rng(3)
    law = 1 / np.arange(1, 61)
    law /= law.sum()
    targets = Targets(names=np.arange(60).astype(str), kind="item", natural=np.ones(60))
    drawn = [rng.choice(60, (400, 1), p=law) for _ in range(120)]
    found = [
        evaluate_ranking(
            Ranking(sources=np.arange(400), ids=ids, scores=np.zeros(ids.shape)),
            sp.csr_matrix((400, 60)), targets, cut(targets.natural), k=1,
        ).values.filter(metric="shannon_entropy@1").to_dicts()[0]
        for ids in drawn
    ]  # fmt: skip
    truth = np.mean([row["value"] for row in found])
    held = np.mean([row["low"] <= truth <= row["high"] for row in found])
    assert 0.9 <= held <= 0.99


def test_blocks_change_nothing(shop, measured, monkeypatch):
    for module in (held, one_pass):
        monkeypatch.setattr(module, "BLOCK", 17)
    again = shop.measure()
    keys = ["metric", "slice_axis", "slice"]
    both = measured.values.join(again.values, on=keys, how="full", suffix="_again")
    assert both["value_again"].null_count() == both["value"].null_count() == 0
    for column in ("value", "low", "high"):
        away = (both[column] - both[f"{column}_again"]).abs().max()
        assert away < 1e-9


def test_each_target_is_counted(shop, measured):
    table = measured.per_target
    ids = shop.ranking.ids[:, :10]
    good = shop.relevant.toarray() > 0
    for c in range(C):
        rows = np.flatnonzero((ids == c).any(axis=1))
        row = table.row(c, named=True)
        assert row["listed"] == len(rows)
        assert row["hits"] == good[rows, c].sum()
        assert row["support"] == good[:, c].sum()
        assert row["train_count"] == shop.natural[c]
    assert table.filter(pl.col("support") == 0)["recall"].null_count() == (
        (table["support"] == 0).sum()
    )


def test_gauc_and_judged_read_what_was_shown(shop):
    rng = np.random.default_rng(1)
    shown = rng.random((U, C)) < 0.3
    ranking = Ranking(
        sources=shop.ranking.sources, ids=shop.ranking.ids, scores=np.round(shop.ranking.scores)
    )
    judged = sp.csr_matrix(shown.astype(float))
    found = evaluate_ranking(
        ranking, shop.relevant, shop.targets, shop.slices, k=5, judged=judged
    ).values
    from sklearn.metrics import roc_auc_score

    good = shop.relevant.toarray() > 0
    total = weight = 0.0
    rates = []
    for row in range(U):
        score = np.full(C, -1e9)
        for i, s in zip(ranking.ids[row], ranking.scores[row], strict=True):
            if i >= 0:
                score[i] = s
        y = good[row][shown[row]]
        if 0 < y.sum() < len(y):
            total += len(y) * roc_auc_score(y, score[shown[row]])
            weight += len(y)
        first = [i for i in ranking.ids[row, :5] if i >= 0]
        if first:
            rates.append(np.mean([shown[row, i] for i in first]))
    value = dict(found.filter(slice="all").select("metric", "value").iter_rows())
    assert value["gauc"] == pytest.approx(total / weight, abs=1e-12)
    assert value["judged@5"] == pytest.approx(np.mean(rates), abs=1e-12)


def test_the_pool_the_gain_and_the_traffic_are_part_of_the_id(shop):
    judged = sp.csr_matrix((np.random.default_rng(1).random((U, C)) < 0.5).astype(float))
    traffic = np.arange(U, dtype=float)
    found = shop.measure(
        judged=judged, pool="judged", traffic=traffic, metrics=[Ndcg(k=10, gain=(0, 0, 0.1, 1))],
        primary="ndcg@10[gain=0/0/0.1/1]", ks=(),
    )  # fmt: skip
    assert set(found.values["metric"]) == {
        "ndcg@10[gain=0/0/0.1/1,pool=judged]", "ndcg@10[gain=0/0/0.1/1,pool=judged,by=traffic]",
    }  # fmt: skip
    assert "score|ndcg@10[gain=0/0/0.1/1,pool=judged]|all" in found.units.columns
    kept = Shop()
    known_pairs = judged.toarray() > 0
    ids = np.full((U, DEPTH), -1)
    for row in range(U):
        own = [i for i in kept.ranking.ids[row] if i >= 0 and known_pairs[row, i]]
        ids[row, : len(own)] = own
    kept.ranking = Ranking(sources=kept.ranking.sources, ids=ids, scores=kept.ranking.scores)
    gains = np.array([0, 0, 0.1, 1])
    kept.relevant = sp.csr_matrix(gains[kept.relevant.toarray().astype(int)])
    each = kept.naive("ndcg", 10)
    value = dict(found.values.filter(slice="all").select("metric", "value").iter_rows())
    assert value["ndcg@10[gain=0/0/0.1/1,pool=judged]"] == pytest.approx(np.nanmean(each))
    weighted = np.nansum(each * traffic) / traffic[np.isfinite(each)].sum()
    assert value["ndcg@10[gain=0/0/0.1/1,pool=judged,by=traffic]"] == pytest.approx(weighted)


def test_clipping_bounds_what_one_hit_counts(shop):
    loose, tight = RecallIps(k=5), RecallIps(k=5, clip=1)
    found = shop.measure(metrics=[loose, tight], primary="recall_ips@5").values
    value = dict(found.filter(slice="all").select("metric", "value").iter_rows())
    assert value["recall_ips@5[clip=1]"] == pytest.approx(np.nanmean(shop.naive("recall", 5)))
    assert value["recall_ips@5"] != pytest.approx(value["recall_ips@5[clip=1]"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"primary": "ndgc@10"}, "did you mean 'ndcg'"),
        ({"primary": "nonsense"}, "unknown metric"),
        ({"pool": "judged"}, "give judged="),
        ({"propensity": np.ones(3)}, "one propensity each, got 3"),
        ({"traffic": np.ones(3)}, "as much traffic, got 3"),
        ({"judged": sp.csr_matrix((3, C))}, "judgements of that shape"),
    ],
)
def test_mistakes_are_explained(shop, change, said):
    with pytest.raises(InputError, match=said):
        shop.measure(**change)


def test_a_repeated_target_is_refused(shop):
    ids = shop.ranking.ids.copy()
    ids[4, :2] = 7
    twice = Ranking(sources=shop.ranking.sources, ids=ids, scores=shop.ranking.scores)
    with pytest.raises(InputError, match="1 lists repeat one, first list 4"):
        evaluate_ranking(twice, shop.relevant, shop.targets, shop.slices)


def test_gains_must_fit_the_grades(shop):
    with pytest.raises(InputError, match="hold the grade 3"):
        shop.measure(metrics=[Ndcg(k=10, gain=(0, 1))])
    with pytest.raises(InputError, match="never fall"):
        Ndcg(gain=(0, 1, 0.5))
    with pytest.raises(InputError, match="'linear'"):
        Ndcg(gain="linear")
