"""The figures of a diagnosis as plain rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from longshelf.diagnosis.list_listing import NAMES, list_lines, shelf_lines

if TYPE_CHECKING:
    from longshelf.diagnosis.diagnosis import Diagnosis

__all__ = ["listing"]

Line = tuple[str, str, str, str, str]
Section = tuple[str, list[str], list[list[str]]]


def listing(diagnosis: Diagnosis, language: Literal["en", "zh"] = "en") -> list[Section]:
    """One small table per section, what to look at first on top.

    Parameters
    ----------
    diagnosis : Diagnosis
        All figures.
    language : {"en", "zh"}, default "en"
        Of the words.
    """
    seen = diagnosis.interactions
    lines = [
        *_first(diagnosis), *_label(diagnosis), *(() if seen is None else list_lines(seen, diagnosis.popularity)),
        *_rivals(diagnosis), *_groups(diagnosis), *_rest(diagnosis),
    ]  # fmt: skip
    english = language == "en"
    columns = ["figure", "value"] if english else ["指标", "数值"]
    sections: dict[str, list[list[str]]] = {}
    for section_en, section_zh, figure_en, figure_zh, value in lines:
        rows = sections.setdefault(section_en if english else section_zh, [])
        rows.append([figure_en if english else figure_zh, _pick(value, english)])
    return [(title, columns, rows) for title, rows in sections.items()]


def _pick(value: str, english: bool) -> str:
    """A value written twice, ``english\\tchinese``, or once for both."""
    first, _, second = value.partition("\t")
    return first if english or not second else second


def _first(d: Diagnosis) -> Iterator[Line]:
    for place, sentence in enumerate(d.first, start=1):
        yield "look at first", "先看什么", str(place), str(place), f"{sentence.en}\t{sentence.zh}"


def _label(d: Diagnosis) -> Iterator[Line]:
    b, n, seen = d.balance, d.nouns, d.interactions
    if seen is None:
        section = (f"label {d.label}", f"标签 {d.label}")
        yield *section, "labelled rows", "有标签的行", f"{b.rows:,}"
        yield *section, "rows without label", "无标签的行", f"{d.unlabelled:,}"
    else:
        section = (f"items {d.label}", f"商品 {d.label}")
        relevant = (
            ("rows of a grade above 0", "评级大于 0 的行") if seen.irrelevant else ("rows", "行数")
        )
        yield *section, *relevant, f"{b.rows:,}"
    yield *section, n.many, f"{n.zh}数", f"{b.classes:,}"
    yield *section, "largest / smallest", "最大 / 最小", f"{b.largest:,} / {b.smallest:,}"
    yield *section, "imbalance ratio", "不平衡比", f"{b.ratio:,.1f}"
    yield *section, f"effective number of {n.many}", f"有效{n.zh}数", f"{b.effective:,.1f}"
    yield *section, "Gini", "基尼系数", f"{b.gini:.3f}"
    yield *section, f"{n.many} under 10 rows", f"不足 10 行的{n.zh}", f"{b.under_10:,}"
    if d.zipf:
        z = d.zipf
        value = f"{z.exponent:.2f} [{z.low:.2f}, {z.high:.2f}]"
        yield *section, "Zipf exponent", "Zipf 指数", value
    for shelf in d.shelves:
        en = f"{n.counted(shelf.targets)}, {shelf.rows:,} rows ({shelf.share:.1%})"
        zh = f"{shelf.targets:,} {n.count_zh}，{shelf.rows:,} 行（{shelf.share:.1%}）"
        yield *section, shelf.name, NAMES[shelf.name], f"{en}\t{zh}"


def _rivals(d: Diagnosis) -> Iterator[Line]:
    r, section = d.rivals, ("without looking", "不看输入")
    if r is None:
        value = "longshelf run says it\t见 longshelf run"
        yield *section, "what the most popular score", "热门榜的得分", value
        return
    yield *section, "majority: accuracy", "多数类：准确率", f"{r.majority_accuracy:.4f}"
    yield *section, "majority: macro-F1", "多数类：macro-F1", f"{r.majority_macro_f1:.4f}"
    yield *section, "random: accuracy", "随机：准确率", f"{r.random_accuracy:.4f}"
    yield *section, "random: macro-F1", "随机：macro-F1", f"{r.random_macro_f1:.4f}"
    yield *section, "balanced accuracy", "平衡准确率", f"{r.balanced_accuracy:.4f}"
    yield *section, "AUPRC base rate", "AUPRC 基线", f"{r.auprc:.4f}"
    yield *section, "log-loss of the prior", "先验的对数损失", f"{r.log_loss:.4f}"


def _groups(d: Diagnosis) -> Iterator[Line]:
    for table in d.crosstabs:
        if d.interactions is not None:
            yield from shelf_lines(table)
            continue
        section = (f"group {table.column}", f"群体 {table.column}")
        yield *section, "Cramér's V with the label", "与标签的 Cramér's V", f"{table.cramers_v:.3f}"
        en = ", ".join(f"{name} {rows:,}" for name, rows in table.groups[:5])
        more = len(table.groups) - 5
        value = f"{en}, {more} more\t{en}，另有 {more} 个" if more > 0 else en
        yield *section, "groups", "群体", value
        cells = f"{table.empty:,} / {table.under_30:,}"
        yield *section, "empty cells / under 30 rows", "空格 / 不足 30 行", cells


def _rest(d: Diagnosis) -> Iterator[Line]:
    inputs = ("inputs", "输入")
    if d.repeats:
        yield *inputs, "rows that share their inputs", "输入相同的行", f"{d.repeats.shared:,}"
        torn = f"{d.repeats.contradicting:,}"
        yield *inputs, "of these with another label", "其中标签不同", torn
        yield *inputs, "accuracy ceiling", "准确率上限", f"{d.repeats.ceiling:.4f}"
    for text in d.texts:
        en = f"median {text.median}, 95% under {text.p95}, longest {text.longest}, empty {text.empty}"
        zh = f"中位 {text.median}，95% 不超过 {text.p95}，最长 {text.longest}，空 {text.empty}"
        yield *inputs, f"letters of {text.column}", f"{text.column} 的字数", f"{en}\t{zh}"
    if d.names_class is not None:
        value = f"{d.names_class:.1%}"
        yield *inputs, "texts that name their class", "文本包含类别名称", value
    words = {"user": "用户", "item": "商品", "query": "查询"}
    for seen in d.popularity:
        if d.interactions is not None and seen.role in ("item", d.interactions.role):
            continue
        section = (f"{seen.role} {seen.column}", f"{words[seen.role]} {seen.column}")
        value = f"{seen.distinct:,} / {seen.most:,} / {seen.median:,}"
        yield *section, "distinct / most / median rows", "个数 / 最多 / 中位行数", value
        gini = f"{seen.gini:.3f} / {seen.top_fifth:.1%}"
        yield *section, "Gini / share of the top fifth", "基尼 / 前五分之一占比", gini
