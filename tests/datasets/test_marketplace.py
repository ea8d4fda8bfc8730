"""The simulated shop against what it was told to be."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from longshelf.components import build
from longshelf.datasets import Marketplace
from longshelf.datasets.marketplace.behaviour import examination
from longshelf.datasets.marketplace.catalogue import class_sizes
from longshelf.errors import InputError


@pytest.fixture(scope="module")
def shop() -> Marketplace:
    return Marketplace(problem="purchase", users=8000, items=3000, group_share=0.2, seed=1)


@pytest.fixture(scope="module")
def shown(shop: Marketplace) -> pl.DataFrame:
    return pl.concat([impressions for _, impressions in shop.chunks()])


def test_class_sizes_have_the_asked_ratio() -> None:
    sizes = class_sizes(6000, 40, 200.0)
    assert sizes.sum() == 6000
    assert (np.diff(sizes) <= 0).all()
    assert 170 < sizes[0] / sizes[-1] < 260
    assert class_sizes(400, 40, 1.0).tolist() == [10] * 40


def test_true_classes_have_these_sizes() -> None:
    frame = Marketplace(items=2000, imbalance=50).catalogue.frame
    counts = frame["true_category"].value_counts()["count"].sort(descending=True)
    assert counts.to_list() == class_sizes(2000, 40, 50).tolist()


@pytest.mark.parametrize("exponent", [0.6, 1.0, 1.4])
def test_zipf_slope_is_recovered_from_shown_items(exponent: float) -> None:
    shop = Marketplace(problem="purchase", users=5000, items=2000, zipf=exponent)
    popularity = shop.catalogue.popularity
    ranked = np.sort(popularity)[::-1]
    fit = stats.linregress(np.log(np.arange(1, 2001)), np.log(ranked))
    assert fit.slope == pytest.approx(-exponent, abs=1e-9)
    impressions = pl.concat([part for _, part in shop.chunks()])
    item, count = impressions["item"].value_counts().get_columns()
    often = count.to_numpy() >= 30
    seen = stats.linregress(np.log(popularity[item.to_numpy()[often]]), np.log(count.filter(often)))
    assert 0.6 < seen.slope < 1.1


def test_group_and_seller_shares_are_within_binomial_error(shop: Marketplace) -> None:
    users = pl.concat([part for part, _ in shop.chunks()])
    minority = int((users["group"] == "minority").sum())
    assert stats.binomtest(minority, users.height, 0.2).pvalue > 1e-3
    third = int((shop.catalogue.frame["seller"] == "third party").sum())
    assert stats.binomtest(third, 3000, 0.2).pvalue > 1e-3


@pytest.mark.parametrize("decay", [0.0, 0.7, 1.5])
def test_position_bias_is_recovered_from_clicks_weighed_by_propensity(decay: float) -> None:
    shop = Marketplace(users=10_000, items=120, zipf=0.2, imbalance=1, position_decay=decay)
    impressions = pl.concat([part for _, part in shop.chunks()])
    weighed = pl.col("click") / pl.col("propensity")
    table = (
        impressions.group_by("position")
        .agg(clicks=weighed.sum(), error=(weighed**2).sum().sqrt())
        .sort("position")
    )
    clicks = table["clicks"].to_numpy()
    spread = table["error"].to_numpy() / clicks
    ratio = clicks / clicks[0]
    assert (np.abs(ratio - examination(decay)) < 4 * ratio * np.hypot(spread, spread[0])).all()
    assert (spread[:3] < 0.06).all()


@pytest.mark.parametrize(
    ("truth", "drawn"), [("true_click", "click"), ("true_purchase", "purchase")]
)
def test_true_probabilities_calibrate_to_what_was_drawn(
    shown: pl.DataFrame, truth: str, drawn: str
) -> None:
    bins = shown.with_columns(bin=pl.col(truth).rank("ordinal") * 10 // (shown.height + 1))
    table = bins.group_by("bin").agg(
        wanted=pl.col(truth).sum(),
        variance=(pl.col(truth) * (1 - pl.col(truth))).sum(),
        got=pl.col(drawn).sum(),
    )
    z = (table["got"] - table["wanted"]) / table["variance"].sqrt()
    assert stats.chi2.sf(float((z**2).sum()), table.height) > 1e-3


def test_propensities_are_the_frequencies_of_being_shown(shown: pl.DataFrame) -> None:
    sessions = shown["session"].n_unique()
    seen = shown.group_by("position").agg(items=(1 / pl.col("propensity")).sum() / sessions)
    assert seen["items"].to_numpy() == pytest.approx(3000, rel=0.2)


def test_a_slate_shows_an_item_once(shown: pl.DataFrame) -> None:
    assert not shown.select("session", "item").is_duplicated().any()
    assert not shown.select("session", "position").is_duplicated().any()
    assert shown["position"].max() == 10


def test_a_click_leads_to_a_cart_and_a_cart_to_a_purchase(shown: pl.DataFrame) -> None:
    assert shown.filter(pl.col("cart") & ~pl.col("click")).height == 0
    assert shown.filter(pl.col("purchase") & ~pl.col("cart")).height == 0
    assert 0.002 < shown["purchase"].mean() < 0.03  # type: ignore[operator]


def test_groups_like_different_things(shop: Marketplace, shown: pl.DataFrame) -> None:
    taste = shop.behaviour.taste
    assert np.corrcoef(taste)[0, 1] < -0.3
    category = shown["item"].to_numpy()
    rates = (
        shown.with_columns(category=shop.catalogue.category[category])
        .group_by("category", "group")
        .agg(pl.col("click").mean(), pl.len())
        .filter(pl.col("len") > 200)
        .pivot("group", index="category", values="click")
        .drop_nulls()
    )
    assert stats.spearmanr(rates["majority"], rates["minority"]).statistic < 0.3


def test_label_noise_is_as_dialled() -> None:
    frame = Marketplace(items=5000, noise=0.1).catalogue.frame
    wrong = int((frame["category"] != frame["true_category"]).sum())
    assert stats.binomtest(wrong, 5000, 0.1).pvalue > 1e-3
    clean = Marketplace(items=500, noise=0.0).catalogue.frame
    assert (clean["category"] == clean["true_category"]).all()


@pytest.mark.parametrize(
    ("language", "ambiguity", "named"), [("en", 0.0, 1), ("zh", 0.0, 1), ("en", 1.0, 0)]
)
def test_titles_name_their_class_unless_vague(language: str, ambiguity: float, named: int) -> None:
    shop = Marketplace(items=800, language=language, ambiguity=ambiguity, group_share=0.0)
    nouns = shop.words.nouns[shop.catalogue.category]
    titles = shop.catalogue.frame["title"].to_list()
    share = np.mean(
        [any(n in title for n in pair) for title, pair in zip(titles, nouns, strict=True)]
    )
    assert share == pytest.approx(named, abs=0.02)


def test_category_problem_can_be_learned_but_not_trivially() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score

    data = Marketplace().load()
    assert data.rows.height == 6000
    labels = data.rows["category"].to_numpy()
    counts = np.unique(labels, return_counts=True)[1]
    assert len(counts) == 40
    assert 60 < counts.max() / counts.min() < 400
    X = TfidfVectorizer(sublinear_tf=True).fit_transform(data.rows["title"].to_list())
    model = LogisticRegression(C=10, max_iter=200).fit(X[:4000], labels[:4000])
    guessed = model.predict(X[4000:])
    assert 0.75 < (guessed == labels[4000:]).mean() < 0.92
    assert 0.5 < f1_score(labels[4000:], guessed, average="macro") < 0.85
    assert data.targets is not None
    assert set(labels) == set(data.targets["name"])


def test_truth_is_no_input() -> None:
    for problem in ("category", "purchase", "interactions"):
        data = Marketplace(problem=problem, users=300, items=400).load()
        assert not [name for name in data.schema.columns if name.startswith("true")]
        assert data.rows.null_count().sum_horizontal().item() == 0


def test_interactions_name_their_sources_and_targets() -> None:
    data = Marketplace(problem="interactions", users=300, items=400).load()
    assert data.sources is not None
    assert data.targets is not None
    assert set(data.rows["user"]) <= set(data.sources["user"])
    assert set(data.rows["item"]) <= set(data.targets["item"])
    assert data.targets["text"].str.len_chars().min() > 0  # type: ignore[operator]


def hashed(folder: Path) -> str:
    sink = hashlib.sha256()
    for path in sorted(folder.rglob("*.*")):
        sink.update(path.name.encode() + path.read_bytes())
    return sink.hexdigest()


def test_same_seed_same_bytes_and_users_come_in_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from longshelf.datasets.marketplace import marketplace as module

    monkeypatch.setattr(module, "CHUNK", 400)
    small = Marketplace(users=1000, items=300)
    first = hashed(small.write(tmp_path / "a"))
    assert hashed(small.write(tmp_path / "b")) == first
    assert hashed(small.write(tmp_path / "a")) == first
    assert hashed(Marketplace(users=1000, items=300, seed=1).write(tmp_path / "c")) != first
    assert len(list((tmp_path / "a" / "users").iterdir())) == 3
    users = pl.read_parquet(tmp_path / "a" / "users" / "*.parquet")
    assert users["user"].to_list() == list(range(1000))
    written = pl.read_parquet(tmp_path / "a" / "impressions" / "*.parquet")
    assert set(written["user"]) == set(users["user"])


@pytest.mark.parametrize(
    "dial",
    [
        {"items": 5},
        {"imbalance": 0.5},
        {"noise": 2},
        {"users": 0},
        {"language": "fr"},
        {"problem": "categories"},
        {"seed": -1},
    ],
)
def test_dials_out_of_bounds_are_input_errors(dial: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(dial))):
        build("dataset", {"Marketplace": dial})


def test_memory_does_not_grow_with_the_number_of_users(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import resource, sys; from pathlib import Path; "
        "from longshelf.datasets import Marketplace; "
        "Marketplace(users=int(sys.argv[1])).write(Path(sys.argv[2])); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )

    def peak(users: int) -> float:
        command = [sys.executable, "-c", code, str(users), str(tmp_path / str(users))]
        return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    assert peak(60_000) < peak(20_000) + 80
