"""EcomInstruct: Chinese shopping tasks, 500 examples each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, chosen, hashes
from longshelf.errors import InputError
from longshelf.tables import Card, Dataset, Schema

__all__ = ["EcomInstructZh"]

Told = Sequence[Mapping[str, Any]]
Posed = tuple[pl.DataFrame, Schema, dict[str, pl.DataFrame]]
MIRROR = "https://raw.githubusercontent.com/Alibaba-NLP/EcomGPT/eaa846f25bfb899dd1dee22e15cc8b288f11c239/data/ecom_instruct_v1"
HASHES: Mapping[str, tuple[str, str]] = {
    "ZH-Multi_CPR-CLS-query_item_matching": (
        "Multi_CPR", "e0d840f13fad94a8a5baed171bf7107eb217e686c0608259e3f7824080a1422e",
    ),
    "ZH-Multi_CPR-Extract-product_select_2": (
        "Multi_CPR", "26245ece5fd00bd73e6de3c5c4b07303f9ac028b4c8a90ec4d4fc34672d29b3d",
    ),
    "ZH-OpenBG_Align-CLS-item_coarse_classify": (
        "OpenBG_Align", "52e08c6b730596aa7ed5f08cc9bd750e1a9da6cdb20e65836b21ae2000bf322b",
    ),
    "ZH-OpenBG_Align-CLS-item_fine_classify": (
        "OpenBG_Align", "48abb722064f85063b61ffd86b095bc89209654268a14e7ee2127a041f474564",
    ),
    "ZH-OpenBG_Align-CLS-item_align": (
        "OpenBG_Align", "812e53ad858ffd5bee363ad320a63857dd429fd90f893248e7850e445b9a7647",
    ),
    "ZH-OpenBG_Align-CLS-title_attribute_matching": (
        "OpenBG_Align", "2a195989f0961f31758188d796f22d7dbea1f1005eb35063a4be53e684d56153",
    ),
    "ZH-OpenBG_Align-Generate-title_generate": (
        "OpenBG_Align", "7234b73c93b3e8c1a6147cf7149f093109bab3e6c1723c604e335037f21c3b78",
    ),
    "ZH-MEPAVE-NER-attribute_value_extraction": (
        "MEPAVE", "9d1954f778f2ba5be3ce8af20b88b80f2eee848568b7db16c6c0a17a9db2e2bb",
    ),
}  # fmt: skip
FILES = tuple(
    DataFile(
        name=f"{folder}/test.json",
        sha256=known,
        address=f"{MIRROR}/{origin}/tasks/{folder}/test.json",
        part=folder,
    )
    for folder, (origin, known) in HASHES.items()
)
YES_NO = {"match": "yes", "same": "yes", "not match": "no", "not same": "no"}


@dataclass(frozen=True, kw_only=True)
class EcomInstructZh(DataSource):
    """Chinese product titles, queries and attributes from the test files of EcomInstruct.

    Each problem is a few hundred rows: enough to compare models that need little training, or to
    test one that was trained elsewhere.

    Parameters
    ----------
    problem : str, default "category"
        ``category`` (136 classes, 20:1; the 5 above them as the label ``department``) of 1,000
        products; ``match``: does the title answer the query (500 pairs, a third do); ``select``:
        which of the candidates answers the query (250 queries, 1,750 judged titles, grade 1 or
        0); ``same_product`` and ``attribute_match``: do two offers, or a title and attributes,
        belong together (500 each); ``attributes``: which of 22 kinds of attribute a phrase names
        (500, several labels); ``title``: attributes and the title written for them (500).

    Raises
    ------
    InputError
        Unknown problem.
    Unavailable
        A file is missing or another one.

    Examples
    --------
    >>> EcomInstructZh(problem="match").needed
    ('ZH-Multi_CPR-CLS-query_item_matching',)
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    card: ClassVar[Card] = Card(
        title="EcomInstruct, Chinese evaluation tasks (EcomGPT)",
        licence="none stated; Multi-CPR, OpenBG and MEPAVE have terms of their own (research use)",
        citation=(
            "Li et al., EcomGPT: Instruction-tuning Large Language Models with Chain-of-Task Tasks "
            "for E-commerce, AAAI 2024, arXiv:2308.06966"
        ),
        language="zh",
        address="https://github.com/Alibaba-NLP/EcomGPT",
        files=hashes(FILES),
        redistribution="evaluation only",
        notes=(
            "A test and few-shot set, not a training set: 97 of the 136 categories have under 10 "
            "rows. In select each query stands twice, with other wrong candidates; a title not "
            "among them is not judged."
        ),
    )

    problem: str = "category"

    def __post_init__(self) -> None:
        object.__setattr__(self, "problem", chosen("problem", self.problem, PROBLEMS)[0])

    @property
    def needed(self) -> tuple[str, ...]:
        """The test files of the problem."""
        return PROBLEMS[self.problem][0]

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the lines and take the sentences apart."""
        told: list[Mapping[str, Any]] = []
        findings: list[str] = []
        for part in self.needed:
            found = self.find(folder, part)
            lines = found.path.read_text(encoding="utf-8").splitlines()
            told += [json.loads(line) for line in lines if line.strip()]
            findings += found.findings
        rows, schema, tables = PROBLEMS[self.problem][1](told)
        return Dataset(
            name=self.name,
            rows=rows,
            schema=schema,
            card=self.card,
            sources=tables.get("sources"),
            targets=tables.get("targets"),
            findings=tuple(findings),
        )


def _halves(sentence: str, first: str, second: str) -> tuple[str, str]:
    """What follows the two marks of a sentence.

    Raises
    ------
    InputError
        The marks are not there.
    """
    head, mark, tail = sentence.partition(second)
    if not mark or not head.startswith(first):
        raise InputError(f"a sentence lacks {first!r} or {second!r}: {sentence[:80]!r}")
    return head[len(first) :].strip(), tail.strip()


def _plain(attributes: str) -> str:
    return attributes.replace("#:#", ": ").replace("#;#", "; ").strip()


def _pairs(told: Told, names: tuple[str, str], marks: tuple[str, str]) -> Posed:
    halves = [_halves(line["sentences"], *marks) for line in told]
    rows = pl.DataFrame(
        {
            names[0]: [_plain(left) for left, _ in halves],
            names[1]: [_plain(right) for _, right in halves],
            "match": [YES_NO[line["labels"]["en"][0]] for line in told],
        }
    )
    return rows, Schema(label=("match",), text=names), {}


def _match(told: Told) -> Posed:
    rows, schema, tables = _pairs(told, ("query", "title"), ("Query: ", "\nDoc: "))
    return rows, Schema(label=schema.label, text=schema.text, query="query"), tables


def _same_product(told: Told) -> Posed:
    return _pairs(told, ("left", "right"), ("Item 1: ", ",\nItem 2: "))


def _attribute_match(told: Told) -> Posed:
    return _pairs(told, ("title", "attributes"), ("Title: ", ", Attritute: "))


def _select(told: Told) -> Posed:
    judged = []
    for line in told:
        query, listed = _halves(line["sentences"], "Query: ", "\nCandidate Document: ")
        right = {span["term"] for span in line["spans"]}
        titles = listed.removesuffix(".").split(", ")
        judged += [(query, title, float(title in right)) for title in titles]
    rows = pl.DataFrame(judged, schema=["query", "item", "grade"], orient="row")
    rows = rows.unique(maintain_order=True)
    tables = {
        "sources": rows.select("query", text="query").unique(maintain_order=True),
        "targets": rows.select("item", text="item").unique(maintain_order=True),
    }
    return rows, Schema(text=("query",), query="query", item="item", grade="grade"), tables


def _category(told: Told) -> Posed:
    rows = _classified(told)
    above = rows.select(name="category", parent="department").unique().sort("name")
    schema = Schema(label=("category", "department"), text=("title", "attributes"))
    return rows, schema, {"targets": above}


def _classified(told: Told) -> pl.DataFrame:
    halves = [line["sentences"].partition("\t") for line in told]
    return pl.DataFrame(
        {
            "title": [title.strip() for title, _, _ in halves],
            "attributes": [_plain(attributes) for _, _, attributes in halves],
            "category": [line["labels"]["fine"][0] for line in told],
            "department": [line["labels"]["coarse"][0] for line in told],
        }
    )


def _attributes(told: Told) -> Posed:
    named = [{span["type"] for span in line["spans"]} for line in told]
    kinds = sorted(set().union(*named), key=lambda kind: (-sum(kind in one for one in named), kind))
    marks = {kind: ["yes" if kind in one else "no" for one in named] for kind in kinds}
    rows = pl.DataFrame({"phrase": [line["sentences"] for line in told], **marks})
    return rows, Schema(label=tuple(kinds), text=("phrase",)), {}


def _title(told: Told) -> Posed:
    rows = pl.DataFrame(
        {
            "attributes": [_plain(line["sentences"]) for line in told],
            "title": [line["spans"][0]["term"] for line in told],
        }
    )
    return rows, Schema(text=("title",)), {}


PROBLEMS: Mapping[str, tuple[tuple[str, ...], Callable[[Told], Posed]]] = {
    "category": (
        ("ZH-OpenBG_Align-CLS-item_coarse_classify", "ZH-OpenBG_Align-CLS-item_fine_classify"),
        _category,
    ),
    "match": (("ZH-Multi_CPR-CLS-query_item_matching",), _match),
    "select": (("ZH-Multi_CPR-Extract-product_select_2",), _select),
    "same_product": (("ZH-OpenBG_Align-CLS-item_align",), _same_product),
    "attribute_match": (("ZH-OpenBG_Align-CLS-title_attribute_matching",), _attribute_match),
    "attributes": (("ZH-MEPAVE-NER-attribute_value_extraction",), _attributes),
    "title": (("ZH-OpenBG_Align-Generate-title_generate",), _title),
}
