"""The real files: row counts and figures as their publishers and SOURCE.md state them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from longshelf.components import build
from longshelf.tables import Dataset

pytestmark = pytest.mark.real_data


def loaded(spec: str, folder: Path) -> Dataset:
    data: Dataset = build("dataset", spec).load(folder)
    assert data.name == spec
    return data


def counts(data: Dataset, column: str | None = None) -> dict[object, int]:
    return dict(data.rows[column or data.schema.label[0]].value_counts().iter_rows())


@pytest.mark.parametrize(
    ("label", "rows", "classes", "largest", "smallest"),
    [
        ("articleType", 44_446, 143, 7070, 1),
        ("subCategory", 44_446, 45, 15_405, 1),
        ("masterCategory", 44_446, 7, 21_400, 1),
        ("baseColour", 44_446 - 15, 46, 9732, 5),
        ("usage", 44_446 - 317, 8, 34_414, 1),
    ],
)
def test_fashion(
    real_folder: Path, label: str, rows: int, classes: int, largest: int, smallest: int
) -> None:
    spec = "fashion" if label == "articleType" else f"fashion(label={label!r})"
    data = loaded(spec, real_folder)
    seen = counts(data)
    assert (data.rows.height, len(seen), max(seen.values()), min(seen.values())) == (
        rows,
        classes,
        largest,
        smallest,
    )


def test_fashion_keeps_titles_with_commas_and_its_tree(real_folder: Path) -> None:
    data = loaded("fashion", real_folder)
    assert data.rows.filter(pl.col("title").str.contains(",")).height == 22
    assert data.targets is not None
    assert data.targets["name"].n_unique() == data.targets.height == 143
    above = dict(data.targets.select("name", "parent").iter_rows())
    assert above["Tshirts"] == "Topwear"
    repeated = data.rows.filter(pl.col("title").is_duplicated() & (pl.col("title") != ""))
    assert 18_000 < repeated.height < 19_000


def test_fashion_several_labels(real_folder: Path) -> None:
    data = loaded("fashion(label=('season', 'usage', 'baseColour'))", real_folder)
    assert data.rows.select(data.schema.label).null_count().sum_horizontal().item() == 0
    assert data.rows.height == 44_101
    assert data.schema.group == ("gender",)


def test_clothing_reviews(real_folder: Path) -> None:
    data = loaded("clothing_reviews", real_folder)
    assert counts(data) == {"5": 13_131, "4": 5077, "3": 2871, "2": 1565, "1": 842}
    assert data.rows["item"].n_unique() == 1206
    assert counts(loaded("clothing_reviews(label='recommended')", real_folder)) == {
        "yes": 19_314,
        "no": 4172,
    }
    by_class = loaded("clothing_reviews(label='class')", real_folder)
    assert by_class.rows.height == 23_472
    assert len(counts(by_class)) == 20


def test_shoppers(real_folder: Path) -> None:
    data = loaded("shoppers", real_folder)
    assert counts(data) == {"no": 10_422, "yes": 1908}
    assert counts(data, "VisitorType")["Other"] == 85
    assert len(data.schema.inputs) == 17


def test_pricerunner(real_folder: Path) -> None:
    data = loaded("pricerunner", real_folder)
    assert (data.rows.height, len(counts(data))) == (35_311, 10)
    assert counts(data)["Fridge Freezers"] == 5501
    clusters = counts(loaded("pricerunner(label='cluster')", real_folder))
    assert len(clusters) == 13_233
    assert sum(count == 1 for count in clusters.values()) == 5374
    assert data.rows["merchant"].n_unique() == 306


def test_open_bandit(real_folder: Path) -> None:
    both = loaded("open_bandit", real_folder)
    assert counts(both) == {"click": 115, "no click": 19_885}
    men = loaded("open_bandit(policy='random', campaign='men')", real_folder)
    assert counts(men)["click"] == 46
    assert men.rows["item"].n_unique() == 34
    assert men.rows["propensity"].unique().to_list() == pytest.approx([1 / 34])
    assert both.rows["item"].n_unique() == 34 + 46
    women = both.rows.filter(pl.col("campaign") == "women")
    own = women.select(pl.selectors.starts_with("women_affinity")).to_numpy()
    item = women["item"].str.strip_prefix("women/").cast(pl.Int64).to_numpy()
    assert own[range(len(item)), item].tolist() == women["affinity"].to_list()
    assert women.select(pl.selectors.starts_with("men_affinity")).sum().sum_horizontal().item() == 0


def test_online_retail(real_folder: Path) -> None:
    data = loaded("online_retail(services=True)", real_folder)
    rows = data.rows
    assert (rows.height, rows["item"].n_unique(), rows["customer"].n_unique()) == (
        397_884,
        3665,
        4338,
    )
    popularity = rows["item"].value_counts(sort=True)["count"]
    assert popularity[0] == 2035
    assert popularity.head(733).sum() / rows.height == pytest.approx(0.656, abs=5e-4)
    products = loaded("online_retail", real_folder)
    assert "POST" not in set(products.rows["item"])
    assert products.targets is not None
    assert products.targets.height == products.rows["item"].n_unique()


@pytest.mark.parametrize(
    ("spec", "products", "periods", "zeros"),
    [
        ("item_demand(lags=1)", 811, 52, None),
        ("item_demand(series='car_parts', lags=1)", 2674, 51, 0.748),
    ],
)
def test_item_demand(
    real_folder: Path, spec: str, products: int, periods: int, zeros: float | None
) -> None:
    data = loaded(spec, real_folder)
    assert data.rows["product"].n_unique() == products
    assert data.rows["period"].max() == periods - 1
    if zeros is None:
        assert data.rows.height == products * (periods - 1)
    else:
        assert (data.rows["demand"] == 0).mean() == pytest.approx(zeros, abs=0.002)
    one = data.rows.filter(pl.col("product") == data.rows["product"][0]).sort("period")
    assert one["lag_1"][1:].to_list() == one["demand"][:-1].to_list()


def test_reviews_zh(real_folder: Path) -> None:
    data = loaded("reviews_zh", real_folder)
    assert counts(data) == {
        "平板": 10_000, "水果": 10_000, "洗发水": 10_000, "衣服": 10_000, "酒店": 10_000,
        "计算机": 3992, "书籍": 3851, "手机": 2323, "蒙牛": 2033, "热水器": 575,
    }  # fmt: skip
    assert data.rows.filter(pl.col("review") == "").height == 1
    assert counts(loaded("reviews_zh(label='sentiment')", real_folder)) == {
        "positive": 31_728,
        "negative": 31_046,
    }
