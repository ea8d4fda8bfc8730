"""Sets of interactions, baskets, links and pairs, on small files of their published shapes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import scipy.sparse as sp

from longshelf.components import build, show
from longshelf.datasets import (
    AmazonGrocery,
    AmazonSequences,
    AmazonTitles,
    DataSource,
    EcomInstructZh,
    Gowalla,
    Groceries,
    ProductMatching,
    gowalla,
)
from longshelf.datasets.base import DataFile
from longshelf.datasets.reading.lists import read_lists
from longshelf.errors import InputError, Unavailable


def unhashed(files: tuple[DataFile, ...]) -> tuple[DataFile, ...]:
    return tuple(DataFile(name=file.name, part=file.part) for file in files)


def place(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text.encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return root


def test_lists_of_numbers_keep_their_order_and_drop_empty_keys() -> None:
    frame = read_lists(b"3 9 9 1\n4\n5 7 \n")
    assert frame.rows() == [(3, 9), (3, 9), (3, 1), (5, 7)]
    with pytest.raises(InputError, match="whole numbers"):
        read_lists(b"3 nine\n")


@dataclass(frozen=True, kw_only=True)
class SmallGowalla(Gowalla):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(Gowalla.files)
    expected: ClassVar[Mapping[str, int]] = {"train": 4, "test": 2}


def test_gowalla_reads_lists_or_the_adjacency_matrix_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gowalla, "USERS", 3)
    place(tmp_path, "small_gowalla/test.txt.gz", "0 2\n2 0\n")
    place(tmp_path, "small_gowalla/train.txt", "0 0 1\n1 1\n2 2\n")
    listed = SmallGowalla().load(tmp_path)
    assert listed.rows.height == 6
    assert listed.rows["split"].to_list() == ["train"] * 4 + ["test"] * 2
    (tmp_path / "small_gowalla" / "train.txt").unlink()
    pairs = np.zeros((6, 6), dtype=np.float32)
    for user, item in ((0, 0), (0, 1), (1, 1), (2, 2)):
        pairs[user, 3 + item] = pairs[3 + item, user] = 1
    sp.save_npz(tmp_path / "small_gowalla" / "s_adj_mat.npz", sp.csr_matrix(pairs))
    assert SmallGowalla().load(tmp_path).rows.equals(listed.rows)
    monkeypatch.setattr(SmallGowalla, "expected", {"train": 5, "test": 2})
    with pytest.raises(Unavailable, match="4 interactions, the published file has 5"):
        SmallGowalla().load(tmp_path)


@dataclass(frozen=True, kw_only=True)
class SmallGroceries(Groceries):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(Groceries.files)
    expected: ClassVar[int] = 2


def test_groceries_are_rows_of_baskets(tmp_path: Path) -> None:
    place(tmp_path, "small_groceries/groceries.csv", "fruit,bread\nfruit,whole milk\n")
    data = SmallGroceries().load(tmp_path)
    assert data.rows.rows() == [(1, "fruit"), (1, "bread"), (2, "fruit"), (2, "whole milk")]
    assert (data.schema.user, data.schema.item) == ("basket", "item")
    posed = build("task", "associate").pose(data)
    assert posed.targets.names.tolist() == ["bread", "fruit", "whole milk"]


@dataclass(frozen=True, kw_only=True)
class SmallSequences(AmazonSequences):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(AmazonSequences.files)
    expected: ClassVar[Mapping[str, int]] = {"Beauty": 5, "Toys": 5}


@pytest.mark.parametrize(("shop", "folder"), [("Beauty", "Beauty"), ("Toys", "Toys_and_Games")])
def test_amazon_sequences(tmp_path: Path, shop: str, folder: str) -> None:
    root = f"small_sequences/{folder}"
    place(tmp_path, f"{root}/sequential.txt", "1 1 2 3\n2 2 1\n")
    names = {"id2user": {"1": "U", "2": "V"}, "id2item": {"1": "A1", "2": "A2", "3": "A3"}}
    place(tmp_path, f"{root}/datamaps.json", json.dumps(names))
    words = "A2 |▁nail|pol|▁red\nA1 |cream\nA3 |▁nail|▁10,000\n"
    place(tmp_path, f"{root}/GRAM_item_text_ids.txt", words)
    place(tmp_path, f"{root}/S3Rec_item2attributes.json", '{"1": [4], "2": [4, 5], "3": []}')
    data = SmallSequences(shop=shop).load(tmp_path)
    assert data.rows.rows() == [(1, 1, 0), (1, 2, 1), (1, 3, 2), (2, 2, 0), (2, 1, 1)]
    assert data.schema.time is None
    assert data.targets is not None
    assert data.targets.select("item", "asin", "text", "category").rows() == [
        (1, "A1", "cream", "cream"),
        (2, "A2", "nail pol red", "nail"),
        (3, "A3", "nail 10,000", "nail"),
    ]
    assert ("attributes" in data.targets.columns) == (shop == "Beauty")
    posed = build("task", "rank").pose(data)
    assert posed.targets.parents.tolist() == ["cream", "nail", "nail"]


@dataclass(frozen=True, kw_only=True)
class SmallGrocery(AmazonGrocery):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(AmazonGrocery.files)
    expected: ClassVar[tuple[int, int]] = (2, 3)


@pytest.fixture
def grocery(tmp_path: Path) -> Path:
    items = "item_id\ti_category\tr_complement\tr_substitute\n1\t0\t[2, 3]\t[]\n2\t0\t[1, 99]\t[1]\n3\t4\t[]\t[]\n"
    place(tmp_path, "small_grocery/item_meta.csv.gz", items)
    log = "user_id\titem_id\ttime\n7\t3\t1068249600\n8\t1\t965779200\n"
    return place(tmp_path, "small_grocery/train.csv", log)


def test_amazon_grocery_orders_reviews_by_day(grocery: Path) -> None:
    data = SmallGrocery().load(grocery)
    assert data.rows.rows() == [(8, 1, datetime(2000, 8, 9)), (7, 3, datetime(2003, 11, 8))]
    assert data.schema.time == "time"


def test_amazon_grocery_links_are_rows_of_two_items(grocery: Path) -> None:
    data = SmallGrocery(problem="complement").load(grocery)
    assert data.rows.rows() == [(1, 2), (1, 3), (2, 1)]
    assert (data.schema.query, data.schema.item) == ("source", "item")
    assert data.sources is not None
    assert data.sources["source"].to_list() == [1, 2, 3]
    assert "1 product without any complement" in data.findings
    posed = build("task", "associate").pose(data)
    assert posed.sources.tolist() == ["1", "2"]
    assert SmallGrocery(problem="substitute").load(grocery).rows.rows() == [(2, 1)]


@dataclass(frozen=True, kw_only=True)
class SmallTitles(AmazonTitles):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(AmazonTitles.files)
    expected: ClassVar[Mapping[str, int]] = {"Office": 4}


def test_amazon_titles_puts_sequences_together(tmp_path: Path) -> None:
    head = (
        "user_id,history_item_title,item_title,history_item_id,item_id,history_item_sid,item_sid\n"
    )
    valid = head + 'U,"[\'a, ""b""\']",c,"[0, 0]",1,x,y\n' + "V,['a'],d,[2],0,x,y\n"
    test = head + "U,['a'],d,\"[0, 0, 1]\",2,x,y\n" + "W,['a'],d,[1],1,x,y\n"
    items = {
        "0": {"title": "Pen &amp; ink", "description": "['one', 'two']", "brand": " A"},
        "1": {"title": "Cup", "description": "", "brand": ""},
        "2": {"title": "Lamp", "description": "plain", "brand": "B"},
    }
    root = "small_titles/Office_Products"
    place(tmp_path, f"{root}/valid.csv.gz", valid)
    place(tmp_path, f"{root}/test.csv", test)
    place(tmp_path, f"{root}/item.json", json.dumps(items))
    data = SmallTitles().load(tmp_path)
    assert data.rows.rows() == [
        ("U", 0, "train", 0),
        ("U", 0, "train", 1),
        ("U", 1, "valid", 2),
        ("U", 2, "test", 3),
        ("V", 2, "train", 0),
        ("V", 0, "valid", 1),
        ("W", 1, "train", 0),
        ("W", 1, "test", 1),
    ]
    assert data.targets is not None
    assert data.targets.rows() == [
        (0, "Pen & ink", "one two", "A"),
        (1, "Cup", "", ""),
        (2, "Lamp", "plain", "B"),
    ]


@dataclass(frozen=True, kw_only=True)
class SmallMatching(ProductMatching):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(ProductMatching.files)


def test_product_matching_takes_offers_apart(tmp_path: Path) -> None:
    line = (
        "COL name VAL a big tv COL description VAL  COL price VAL $ 9.50 \t"
        "COL name VAL tv COL description VAL large and flat COL price VAL  \t{}\n"
    )
    for part, label in (("train", 1), ("valid", 0), ("test", 0)):
        place(tmp_path, f"small_matching/abt-buy/{part}.txt", line.format(label))
    data = SmallMatching(pair="abt_buy").load(tmp_path)
    assert data.rows.select("split", "match").rows() == [
        ("train", "yes"),
        ("valid", "no"),
        ("test", "no"),
    ]
    first = data.rows.row(0, named=True)
    assert (first["left"], first["right"]) == ("a big tv $ 9.50", "tv large and flat")
    assert (first["left_price"], first["right_price"]) == (9.5, None)
    assert (first["left_description"], first["right_description"]) == (None, "large and flat")
    assert data.schema.text == ("left", "right")
    assert data.schema.numeric == ("left_price", "right_price")
    place(tmp_path, "small_matching/abt-buy/test.txt", "COL name VAL a\t1\n")
    with pytest.raises(InputError, match="three fields"):
        SmallMatching(pair="abt_buy").load(tmp_path)


@dataclass(frozen=True, kw_only=True)
class SmallEcom(EcomInstructZh):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(EcomInstructZh.files)


def test_ecom_instruct_selections_become_judgements(tmp_path: Path) -> None:
    sentence = "Query: 桌布\nCandidate Document: 红色桌布, 手表, 键盘."
    line = {"sentences": sentence, "spans": [{"term": "红色桌布"}]}
    name = "small_ecom/ZH-Multi_CPR-Extract-product_select_2/test.json"
    place(tmp_path, name, f"{json.dumps(line)}\n{json.dumps(line)}\n")
    data = SmallEcom(problem="select").load(tmp_path)
    assert data.rows.rows() == [
        ("桌布", "红色桌布", 1.0),
        ("桌布", "手表", 0.0),
        ("桌布", "键盘", 0.0),
    ]
    posed = build("task", "search").pose(data)
    assert posed.rows.weight.tolist() == [1.0]
    place(tmp_path, name, json.dumps({**line, "sentences": "Q: 桌布"}) + "\n")
    with pytest.raises(InputError, match="lacks 'Query: '"):
        SmallEcom(problem="select").load(tmp_path)


def test_ecom_instruct_attributes_are_several_labels(tmp_path: Path) -> None:
    told = [
        {"sentences": "圆领红裙", "spans": [{"type": "领型"}, {"type": "颜色"}]},
        {"sentences": "红裤", "spans": [{"type": "颜色"}]},
    ]
    name = "small_ecom/ZH-MEPAVE-NER-attribute_value_extraction/test.json"
    place(tmp_path, name, "\n".join(map(json.dumps, told)))
    data = SmallEcom(problem="attributes").load(tmp_path)
    assert data.schema.label == ("颜色", "领型")
    assert data.rows["领型"].to_list() == ["yes", "no"]


@pytest.mark.parametrize(
    "source",
    [
        AmazonGrocery(problem="substitute"),
        AmazonSequences(shop="Sports"),
        AmazonTitles(shop="Industrial"),
        EcomInstructZh(problem="select"),
        ProductMatching(pair="amazon_google"),
    ],
)
def test_names_parse_back(source: DataSource) -> None:
    assert build("dataset", show(source)) == source
