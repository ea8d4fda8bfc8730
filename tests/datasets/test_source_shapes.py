"""Loaders on small files of the same shapes: packed and plain, with and without a header."""

from __future__ import annotations

import gzip
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest

from longshelf.datasets import (
    ClothingReviews,
    Fashion,
    ItemDemand,
    OnlineRetail,
    OpenBandit,
    Pricerunner,
    Shoppers,
)
from longshelf.datasets.base import DataFile
from longshelf.errors import Unavailable
from longshelf.tables import Dataset


def unhashed(files: tuple[DataFile, ...]) -> tuple[DataFile, ...]:
    return tuple(DataFile(name=file.name, part=file.part) for file in files)


def place(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    elif name.endswith(".zip"):
        member = name.rsplit("/", 1)[-1].removesuffix(".zip")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("__MACOSX/._x", "")
            archive.writestr(member if member.endswith(".csv") else INNER[member], text)
    else:
        path.write_text(text)
    return root


INNER = {
    "online+shoppers+purchasing+intention+dataset": "online_shoppers_intention.csv",
    "product+classification+and+clustering": "pricerunner_aggregate.csv",
}
STYLES = """id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName
1,Men,Apparel,Topwear,Shirts,Blue,Fall,2011,Casual,Blue Shirt
2,Women,Apparel,Topwear,Shirts,NA,Fall,2011,NA,Red Shirt, small, slim
3,Men,Footwear,Shoes,Boots,Black,,2011,Casual,NA
"""


@dataclass(frozen=True, kw_only=True)
class SmallFashion(Fashion):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(Fashion.files)
    expected: ClassVar[int] = 3


@pytest.mark.parametrize("name", ["styles.csv", "styles.csv.zip"])
def test_fashion_splits_on_the_first_nine_commas(tmp_path: Path, name: str) -> None:
    data = SmallFashion().load(place(tmp_path, f"small_fashion/{name}", STYLES))
    assert data.rows["title"].to_list() == ["Blue Shirt", "Red Shirt, small, slim", ""]
    assert data.rows["usage"].to_list() == ["Casual", None, "Casual"]
    assert data.targets is not None
    assert data.targets.rows() == [("Boots", "Shoes", "Footwear"), ("Shirts", "Topwear", "Apparel")]
    said = " ".join(data.findings)
    assert "1 title with unquoted commas" in said
    assert "not one this version knows" in said


def test_fashion_drops_rows_whose_label_is_not_stated(tmp_path: Path) -> None:
    root = place(tmp_path, "small_fashion/styles.csv", STYLES)
    data = SmallFashion(label=("usage", "season")).load(root)
    assert data.rows["id"].to_list() == ["1"]
    assert data.schema.group == ("gender",)
    assert data.targets is None
    assert any("2 rows dropped: usage or season" in said for said in data.findings)


def test_fashion_of_another_length_is_refused(tmp_path: Path) -> None:
    root = place(tmp_path, "small_fashion/styles.csv", STYLES + "4,a,b,c,d,e,f,g,h,i\n")
    with pytest.raises(Unavailable, match="4 rows, the published file has 3"):
        SmallFashion().load(root)


SESSIONS = """0,0,0,0,1,0,0.2,0.2,0,0,Feb,1,1,1,1,Returning_Visitor,FALSE,FALSE
1,2.5,0,0,2,64,0,0.1,8.5,0,May,2,2,1,2,New_Visitor,TRUE,TRUE
"""
NAMES = (
    "Administrative,Administrative_Duration,Informational,Informational_Duration,ProductRelated,"
    "ProductRelated_Duration,BounceRates,ExitRates,PageValues,SpecialDay,Month,OperatingSystems,"
    "Browser,Region,TrafficType,VisitorType,Weekend,Revenue\n"
)


@dataclass(frozen=True, kw_only=True)
class SmallShoppers(Shoppers):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(Shoppers.files)
    expected: ClassVar[tuple[int, int]] = (2, 1)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("online_shoppers_intention.csv.gz", SESSIONS),
        ("online_shoppers_intention.csv", NAMES + SESSIONS),
        ("online+shoppers+purchasing+intention+dataset.zip", NAMES + SESSIONS),
    ],
)
def test_shoppers_with_and_without_a_header(tmp_path: Path, name: str, text: str) -> None:
    data = SmallShoppers(page_values=False).load(place(tmp_path, f"small_shoppers/{name}", text))
    assert data.rows["Revenue"].to_list() == ["no", "yes"]
    assert data.rows["PageValues"].to_list() == [0.0, 8.5]
    assert "PageValues" not in data.schema.inputs
    assert data.rows["Browser"].dtype == pl.String


def test_shoppers_of_another_width_are_refused(tmp_path: Path) -> None:
    root = place(tmp_path, "small_shoppers/online_shoppers_intention.csv", "1,2\n3,4\n")
    with pytest.raises(Unavailable, match="2 columns, wanted 18"):
        SmallShoppers().load(root)


REVIEWS = """,Clothing ID,Age,Title,Review Text,Rating,Recommended IND,Positive Feedback Count,Division Name,Department Name,Class Name
0,7,33,,"Soft, warm",5,1,0,General,Tops,Knits
1,7,29,Nice,,4,0,2,General,Tops,Knits
2,8,70,,,1,0,0,,,
"""


@dataclass(frozen=True, kw_only=True)
class SmallReviews(ClothingReviews):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(ClothingReviews.files)
    expected: ClassVar[int] = 3


def test_clothing_reviews(tmp_path: Path) -> None:
    name = "Womens Clothing E-Commerce Reviews.csv.zip"
    root = place(tmp_path, f"small_reviews/{name}", REVIEWS)
    data = SmallReviews().load(root)
    assert data.rows["review"].to_list() == ["Soft, warm", "", ""]
    assert data.rows["age_band"].to_list() == ["30 to 39", "under 30", "65 and over"]
    assert data.schema.inputs == ("title", "review")
    assert "2 reviews without text, 1 of them without title" in data.findings[1]
    by_class = SmallReviews(label="class").load(root)
    assert by_class.rows.height == 2
    assert by_class.targets is not None
    assert by_class.targets.rows() == [("Knits", "Tops")]


OFFERS = """1,loewe 55" tv,1,7,Loewe TV,2614,TVs
2,"bosch, silver",2,8,Bosch 50",2615,Fridges
"""


@dataclass(frozen=True, kw_only=True)
class SmallPricerunner(Pricerunner):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(Pricerunner.files)
    expected: ClassVar[int] = 2


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("pricerunner_aggregate.csv.gz", ""),
        (
            "product+classification+and+clustering.zip",
            "Product ID, Product Title, Merchant ID, Cluster ID, Cluster Label, Category ID, "
            "Category Label\n",
        ),
    ],
)
def test_pricerunner_keeps_inch_signs(tmp_path: Path, name: str, head: str) -> None:
    root = place(tmp_path, f"small_pricerunner/{name}", head + OFFERS)
    data = SmallPricerunner().load(root)
    assert data.rows["title"].to_list() == ['loewe 55" tv', "bosch, silver"]
    assert data.schema.document == "cluster"
    clusters = SmallPricerunner(label="cluster").load(root)
    assert clusters.schema.document is None
    assert clusters.targets is not None
    assert clusters.targets.rows() == [("7", "Loewe TV", "TVs"), ("8", 'Bosch 50"', "Fridges")]


def bandit(root: Path, campaign: str, items: int) -> None:
    affinity = [f"user-item_affinity_{k}" for k in range(items)]
    head = ["", "timestamp", "item_id", "position", "click", "propensity_score"]
    head += [f"user_feature_{k}" for k in range(4)] + affinity
    lines = [",".join(head)]
    for k in range(4):
        values = [str(k + j / 10) for j in range(items)]
        cells = [k, f"2019-11-24 00:0{k}:13.442536+00:00", k % items, 1 + k % 3, int(k == 2), 0.25]
        lines.append(",".join([*map(str, cells), "u", "v", "w", "x", *values]))
    place(root, f"small_bandit/bts/{campaign}/{campaign}.csv.gz", "\n".join(lines) + "\n")
    context = [",item_id," + ",".join(f"item_feature_{k}" for k in range(4))]
    context += [f"{k},{k},0.{k},a,b,c{k}" for k in range(items)]
    place(root, f"small_bandit/bts/{campaign}/item_context.csv", "\n".join(context) + "\n")


@dataclass(frozen=True, kw_only=True)
class SmallBandit(OpenBandit):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(OpenBandit.files)


def test_open_bandit_pools_campaigns_without_mixing_their_items(tmp_path: Path) -> None:
    bandit(tmp_path, "men", 2)
    bandit(tmp_path, "women", 3)
    data = SmallBandit().load(tmp_path)
    assert data.rows.height == 8
    assert set(data.rows["item"]) == {"men/0", "men/1", "women/0", "women/1", "women/2"}
    row = data.rows.filter((pl.col("campaign") == "women") & (pl.col("item") == "women/2"))
    assert row["affinity"].item() == row["women_affinity_2"].item() == 2.2
    assert row["men_affinity_0"].item() == 0.0
    assert row["item_feature_3"].item() == "c2"
    assert row["click"].item() == "click"
    assert data.rows["timestamp"].is_sorted()
    assert (data.schema.propensity, data.schema.time) == ("propensity", "timestamp")
    men = SmallBandit(campaign="men").load(tmp_path)
    assert men.rows.height == 4
    assert "affinity" in men.schema.numeric


INVOICES = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536366,85123A,white holder,2,2010-12-02 08:26:00,2.65,17851.0,France
536367,85123A,WHITE HOLDER,2,2010-12-02 09:26:00,2.75,17851.0,France
C536368,85123A,WHITE HOLDER,-2,2010-12-03 08:26:00,2.75,17851.0,France
536369,POST,POSTAGE,1,2010-12-03 08:26:00,18.0,17851.0,France
536370,71053,LANTERN,1,2010-12-03 08:26:00,3.39,,France
536371,71053,LANTERN,1,2010-12-03 08:26:00,0.0,17851.0,France
"""


@dataclass(frozen=True, kw_only=True)
class SmallRetail(OnlineRetail):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(OnlineRetail.files)
    expected: ClassVar[int] = 7


@pytest.mark.parametrize("name", ["online_retail.csv.gz", "online_retail.csv"])
def test_online_retail_counts_what_it_drops(tmp_path: Path, name: str) -> None:
    root = place(tmp_path, f"small_retail/{name}", INVOICES)
    data: Dataset = SmallRetail().load(root)
    assert data.rows["customer"].to_list() == ["17850", "17851", "17851"]
    assert data.sources is not None
    assert data.targets is not None
    assert data.sources.rows() == [("17850", "United Kingdom"), ("17851", "France")]
    assert data.targets.rows() == [("85123A", "WHITE HOLDER", 2.65)]
    assert [said.split(" of ")[0] for said in data.findings[1:]] == ["1", "1", "1", "1"]
    assert SmallRetail(services=True).load(root).rows["item"].to_list()[-1] == "POST"


@dataclass(frozen=True, kw_only=True)
class SmallDemand(ItemDemand):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(ItemDemand.files)


def test_item_demand_lags_look_back_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SmallDemand, "expected", {"weekly": 1, "car_parts": 2})
    weeks = ",".join(f"W{k}" for k in range(52))
    sales = ",".join(str(k * k) for k in range(52))
    root = place(
        tmp_path,
        "small_demand/Sales_Transactions_Dataset_Weekly.csv",
        f"Product_Code,{weeks}\nP1,{sales}\n",
    )
    data = SmallDemand(lags=3).load(root)
    assert data.rows.height == 49
    assert data.rows.row(0, named=True) == {
        "product": "P1",
        "period": 3,
        "demand": 9.0,
        "lag_1": 4.0,
        "lag_2": 1.0,
        "lag_3": 0.0,
        "history_mean": pytest.approx(5 / 3),
        "history_zeros": pytest.approx(1 / 3),
        "history": "some zeros",
    }


def test_car_parts_without_a_known_demand_are_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SmallDemand, "expected", {"weekly": 1, "car_parts": 2})
    text = "month,part_0,part_1\n0,1.0,0.0\n1,2.0,\n2,3.0,1.0\n3,0.0,2.0\n"
    root = place(tmp_path, "small_demand/carparts.derived.csv", text)
    data = SmallDemand(series="car_parts", lags=1).load(root)
    assert data.rows.sort("product", "period").select("product", "period", "demand").rows() == [
        ("part_0", 1, 2.0),
        ("part_0", 2, 3.0),
        ("part_0", 3, 0.0),
        ("part_1", 3, 2.0),
    ]


def retail_workbook() -> bytes:
    """Three lines as the publisher's workbook types them: numbers, text codes and real dates."""
    import io

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"

    def text(value: str) -> str:
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    def number(value: float, style: int = 0) -> str:
        return f'<c s="{style}"><v>{value}</v></c>'

    head = "InvoiceNo StockCode Description Quantity InvoiceDate UnitPrice CustomerID Country"
    lines = ["".join(map(text, head.split()))]
    for code, customer in (("85123A", 17850), (71053, 17850), ("85123A", None)):
        cells = [
            number(536365),
            text(code) if isinstance(code, str) else number(code),
            text("HOLDER"),
            number(6),
            number(40513.351388888892, 1),
            number(2.55),
            number(customer) if customer else "<c/>",
            text("France"),
        ]
        lines.append("".join(cells))
    rows = "".join(f"<row>{line}</row>" for line in lines)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="s" '
        'sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/s.xml"/>'
        f'<Relationship Id="r2" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/s.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return sink.getvalue()


@pytest.mark.parametrize("packed", [True, False])
def test_online_retail_reads_the_publishers_workbook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setattr(SmallRetail, "expected", 3)
    folder = tmp_path / "small_retail"
    folder.mkdir()
    if packed:
        with zipfile.ZipFile(folder / "online+retail.zip", "w") as archive:
            archive.writestr("Online Retail.xlsx", retail_workbook())
    else:
        (folder / "Online Retail.xlsx").write_bytes(retail_workbook())
    rows = SmallRetail().load(tmp_path).rows
    assert rows["item"].to_list() == ["85123A", "71053"]
    assert rows["customer"].to_list() == ["17850", "17850"]
    assert rows["invoice"].to_list() == ["536365", "536365"]
    assert str(rows["time"][0]) == "2010-12-01 08:26:00"
