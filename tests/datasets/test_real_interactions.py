"""The real files of interactions, links, pairs and judgements: counts as their publishers state."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from longshelf.components import build
from longshelf.datasets import fetch
from longshelf.tables import Dataset

pytestmark = pytest.mark.real_data


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cache for the file: converting the R tables takes seconds each."""
    monkeypatch.setenv("LONGSHELF_CACHE", str(tmp_path_factory.getbasetemp() / "converted"))


def loaded(spec: str, folder: Path) -> Dataset:
    data: Dataset = build("dataset", spec).load(folder)
    assert data.name == spec
    return data


def counts(data: Dataset, column: str) -> dict[object, int]:
    return dict(data.rows[column].value_counts().iter_rows())


@pytest.mark.parametrize(
    ("spec", "rows", "sources", "items", "most"),
    [
        ("gowalla", 810_128 + 217_242, 29_858, 40_981, None),
        ("groceries", 43_367, 9_835, 169, 2513),
        ("amazon_sequences", 198_502, 22_363, 12_101, 431),
        ("amazon_sequences(shop='Sports')", 296_337, 35_598, 18_357, 1042),
        ("amazon_sequences(shop='Toys')", 167_597, 19_412, 11_924, 309),
        ("amazon_grocery", 121_892, 14_681, 8_687, 706),
        ("complete_journey(problem='purchases')", 75_000, 2_377, 20_902, 861),
    ],
)
def test_interactions(
    real_folder: Path, spec: str, rows: int, sources: int, items: int, most: int | None
) -> None:
    data = loaded(spec, real_folder)
    user, item = str(data.schema.user), str(data.schema.item)
    popularity = data.rows[item].value_counts(sort=True)["count"]
    assert (data.rows.height, data.rows[user].n_unique(), len(popularity)) == (rows, sources, items)
    assert most is None or popularity[0] == most
    assert data.rows.null_count().select(user, item).row(0) == (0, 0)


def test_gowalla_is_split_as_published(real_folder: Path) -> None:
    data = loaded("gowalla", real_folder)
    assert counts(data, "split") == {"train": 810_128, "test": 217_242}
    train = data.rows.filter(pl.col("split") == "train")
    assert train["item"].value_counts()["count"].max() == 1415
    assert data.rows.select("user", "item").is_duplicated().sum() == 0


def popular(data: Dataset, held_out: int) -> float:
    """HR@10 of the most popular items, counted without the last rows of each user."""
    lists = data.rows.group_by("user", maintain_order=True).agg("item")["item"].to_list()
    known = pl.Series([i for one in lists for i in one[: len(one) - held_out]])
    order = known.value_counts(sort=True).to_series(0).to_list()
    hits = 0
    for one in lists:
        seen = set(one[:-1])
        best: list[int] = []
        for item in order:
            if item not in seen:
                best.append(item)
            if len(best) == 10:
                break
        hits += one[-1] in best
    return hits / len(lists)


def test_amazon_beauty_gives_the_published_most_popular_figure_when_it_leaks(
    real_folder: Path,
) -> None:
    data = loaded("amazon_sequences", real_folder)
    assert popular(data, 0) == pytest.approx(0.0152, abs=5e-5)
    assert popular(data, 2) == pytest.approx(0.0120, abs=6e-4)
    assert data.targets is not None
    assert data.targets["category"].n_unique() == 108
    assert data.targets.select("text", "category", "attributes").null_count().row(0) == (0, 0, 0)


@pytest.mark.parametrize(("problem", "rows"), [("complement", 248_444), ("substitute", 124_933)])
def test_amazon_grocery_links(real_folder: Path, problem: str, rows: int) -> None:
    data = loaded(f"amazon_grocery(problem={problem!r})", real_folder)
    assert data.rows.height == rows
    assert data.sources is not None
    assert data.sources.height == 8_713


@pytest.mark.parametrize(
    ("shop", "items", "judged", "pairs"), [("Office", 3_459, 9_732, 21_188), ("Industrial", 3_686, 9_065, 21_664)]
)  # fmt: skip
def test_amazon_titles(real_folder: Path, shop: str, items: int, judged: int, pairs: int) -> None:
    spec = "amazon_titles" if shop == "Office" else f"amazon_titles(shop={shop!r})"
    data = loaded(spec, real_folder)
    assert data.targets is not None
    assert data.targets.height == items
    assert data.rows.filter(pl.col("split") != "train").height == judged
    assert data.rows.select("user", "item").n_unique() == pairs


@pytest.mark.parametrize(
    ("pair", "yes", "no"),
    [("walmart_amazon", 962, 9280), ("amazon_google", 1167, 10_293), ("abt_buy", 1028, 8547)],
)
def test_product_matching(real_folder: Path, pair: str, yes: int, no: int) -> None:
    spec = "product_matching" if pair == "walmart_amazon" else f"product_matching(pair={pair!r})"
    data = loaded(spec, real_folder)
    assert counts(data, "match") == {"yes": yes, "no": no}
    for side in data.schema.text:
        assert not data.rows[side].str.contains("COL |VAL").any()
        assert data.rows[side].null_count() == 0


def test_complete_journey_products_and_mailings(real_folder: Path) -> None:
    products = counts(loaded("complete_journey", real_folder), "product_category")
    assert (sum(products.values()), len(products), max(products.values())) == (91_791, 303, 2785)
    types = counts(loaded("complete_journey(problem='type')", real_folder), "product_type")
    assert (sum(types.values()), len(types), max(types.values())) == (91_803, 2378, 1005)
    mailings = loaded("complete_journey(problem='redemption')", real_folder)
    assert counts(mailings, "redeemed") == {"no": 5797, "yes": 792}
    assert mailings.rows["start"].is_sorted()


@pytest.mark.parametrize(
    ("problem", "rows", "label", "shown"),
    [
        ("category", 1000, "department", {"大服饰": 289, "消费电子": 260, "大百货": 198}),
        ("match", 500, "match", {"no": 333, "yes": 167}),
        ("same_product", 500, "match", {"no": 276, "yes": 224}),
        ("attribute_match", 500, "match", {}),
        ("select", 1750, "grade", {1.0: 250, 0.0: 1500}),
        ("attributes", 500, "颜色", {}),
        ("title", 500, "title", {}),
    ],
)
def test_ecom_instruct(
    real_folder: Path, problem: str, rows: int, label: str, shown: dict[object, int]
) -> None:
    spec = "ecom_instruct_zh" if problem == "category" else f"ecom_instruct_zh(problem={problem!r})"
    data = loaded(spec, real_folder)
    assert data.rows.height == rows
    seen = counts(data, label)
    assert {name: seen[name] for name in shown} == shown


def test_open_bandit_clicks_can_be_ranked(real_folder: Path) -> None:
    data = loaded("open_bandit(problem='interactions')", real_folder)
    assert (data.rows.height, data.schema.user, data.schema.time) == (115, "user", "timestamp")
    assert data.targets is not None
    assert data.targets.height == 80
    posed = build("task", "rank").pose(data)
    assert len(posed.targets) == 80


def test_what_is_there_is_not_fetched_again(real_folder: Path) -> None:
    for name in ("gowalla", "groceries", "product_matching(pair='abt_buy')", "amazon_titles"):
        assert all(path.is_file() for path in fetch(name, real_folder))
