"""What to look at first: at most five sentences, the gravest first, in two languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from longshelf.diagnosis.list_advice import list_sentences
from longshelf.diagnosis.sentence import Sentence

if TYPE_CHECKING:
    from longshelf.diagnosis.diagnosis import Diagnosis

__all__ = ["advise"]


def advise(diagnosis: Diagnosis, most: int = 5) -> tuple[Sentence, ...]:
    """The gravest observations; one calm sentence where there is none.

    Parameters
    ----------
    diagnosis : Diagnosis
        All figures.
    most : int, default 5
        Sentences at most.
    """
    if diagnosis.interactions is not None:
        sentences = list(list_sentences(diagnosis, diagnosis.interactions))
    else:
        sentences = [
            *_label(diagnosis), *_tail(diagnosis), *_measures(diagnosis), *_repeats(diagnosis),
            *_names(diagnosis), *_groups(diagnosis), *_popularity(diagnosis),
        ]  # fmt: skip
    nouns = diagnosis.nouns
    calm = Sentence(
        severity=0.0,
        en=f"Nothing stands out: {nouns.many} are of similar size, and plain training is likely "
        "enough.",
        zh=f"没有突出的问题：各{nouns.zh}规模相近，普通训练很可能就够了。",
    )
    return tuple(sorted(sentences, key=lambda s: -s.severity)[:most]) or (calm,)


def _label(d: Diagnosis) -> Iterator[Sentence]:
    if d.balance.classes == 1:
        yield Sentence(
            severity=1.0,
            en="All labelled rows are of one class: there is nothing to learn; check the label column.",
            zh="所有有标签的行都属于同一类别：无可学习，请检查标签列。",
        )
    if d.unlabelled:
        share = d.unlabelled / (d.unlabelled + d.balance.rows)
        yield Sentence(
            severity=0.5 + share / 2,
            en=f"{d.unlabelled:,} rows ({share:.1%}) have no label; drop them or label them first.",
            zh=f"{d.unlabelled:,} 行（{share:.1%}）没有标签；请先删除或补标。",
        )


def _tail(d: Diagnosis) -> Iterator[Sentence]:
    few, classes = d.balance.under_10, d.balance.classes
    if few and classes > 2:
        yield Sentence(
            severity=0.5 + 0.4 * few / classes,
            en=f"{few:,} of {classes:,} classes have under 10 rows: their single scores are noise; "
            "read the tail as a whole, merge such classes, or gather rows.",
            zh=f"{classes:,} 个类别中有 {few:,} 个不足 10 行：单个类别的得分只是噪声；"
            "请把尾部作为整体来看，或合并这些类别，或补充数据。",
        )
    positives = d.balance.smallest
    if classes == 2 and positives < 200:
        yield Sentence(
            severity=0.85,
            en=f"The rarer class has {positives:,} rows in all: differences between remedies "
            "will often be too small to see; cross-validate repeatedly.",
            zh=f"稀有类别只有 {positives:,} 行：方法之间的差异往往小到看不出来；请做重复交叉验证。",
        )


def _measures(d: Diagnosis) -> Iterator[Sentence]:
    if d.rivals is None:
        return
    largest, accuracy = d.classes["name"][0], d.rivals.majority_accuracy
    if d.balance.classes < 2 or d.balance.ratio < 3 or accuracy < 0.05:
        return
    metric = "AUPRC" if d.balance.classes == 2 else "macro-F1"
    en, zh = ("the rarer class", "稀有类别") if d.balance.classes == 2 else ("the tail", "尾部")
    floor = d.rivals.auprc if d.balance.classes == 2 else d.rivals.majority_macro_f1
    yield Sentence(
        severity=min(0.4 + accuracy / 2, 0.95),
        en=f"Always saying {largest!r} is right in {accuracy:.1%} of rows but has {metric} "
        f"{floor:.3f}: judge by {metric} and {en}, not by accuracy.",
        zh=f"总是回答“{largest}”就有 {accuracy:.1%} 的准确率，但 {metric} 只有 {floor:.3f}："
        f"请看 {metric} 和{zh}，不要看准确率。",
    )


def _repeats(d: Diagnosis) -> Iterator[Sentence]:
    if d.repeats is None:
        return
    share = d.repeats.shared / d.repeats.rows
    if share >= 0.01:
        yield Sentence(
            severity=0.45 + share / 2,
            en=f"{d.repeats.shared:,} rows ({share:.0%}) share their inputs with another row: "
            "keep equal rows on one side of the split, or scores come out too high.",
            zh=f"{d.repeats.shared:,} 行（{share:.0%}）与其他行输入相同："
            "划分时请让相同的行留在同一侧，否则得分会虚高。",
        )
    torn = d.repeats.contradicting / d.repeats.rows
    if torn >= 0.02:
        yield Sentence(
            severity=0.4 + torn / 2,
            en=f"{d.repeats.contradicting:,} rows ({torn:.0%}) have the same inputs as a row of "
            f"another label: no model can exceed an accuracy of {d.repeats.ceiling:.3f} here.",
            zh=f"{d.repeats.contradicting:,} 行（{torn:.0%}）输入相同而标签不同："
            f"任何模型的准确率都不会超过 {d.repeats.ceiling:.3f}。",
        )


def _names(d: Diagnosis) -> Iterator[Sentence]:
    if d.names_class is not None and d.names_class >= 0.2:
        yield Sentence(
            severity=0.3 + d.names_class / 3,
            en=f"{d.names_class:.0%} of texts contain the name of their class: looking names up "
            "(NameMatch) is the rival to beat.",
            zh=f"{d.names_class:.0%} 的文本包含自己类别的名称：按名称查找（NameMatch）是必须超过的对手。",
        )


def _groups(d: Diagnosis) -> Iterator[Sentence]:
    tied = [table for table in d.crosstabs if table.cramers_v >= 0.25]
    if tied:
        table = max(tied, key=lambda table: table.cramers_v)
        yield Sentence(
            severity=0.2 + table.cramers_v / 2,
            en=f"Labels and {table.column!r} go together (Cramér's V {table.cramers_v:.2f}): "
            "read every result by group, since a remedy may move errors from one to another.",
            zh=f"标签与“{table.column}”相关（Cramér's V {table.cramers_v:.2f}）："
            "请按群体查看每个结果，因为一种方法可能把错误从一个群体移到另一个。",
        )
    small = [(name, rows, t.column) for t in d.crosstabs for name, rows in t.groups if rows < 100]
    if small:
        name, rows, column = min(small, key=lambda group: group[1])
        yield Sentence(
            severity=0.35,
            en=f"Groups under 100 rows: {len(small):,}; the smallest, {column}={name}, has {rows:,}: "
            "too few to judge fairness by.",
            zh=f"{len(small):,} 个群体不足 100 行，最小的是 {column}={name}，{rows:,} 行："
            "不足以判断公平性。",
        )


def _popularity(d: Diagnosis) -> Iterator[Sentence]:
    words = {"user": "用户", "item": "商品", "query": "查询"}
    for seen in d.popularity:
        if seen.gini >= 0.5:
            yield Sentence(
                severity=0.2 + seen.gini / 3,
                en=f"The top fifth of {seen.column!r} holds {seen.top_fifth:.0%} of rows (Gini "
                f"{seen.gini:.2f}): compare with plain popularity, and read head and tail apart.",
                zh=f"“{seen.column}”（{words[seen.role]}）中最热门的五分之一占 {seen.top_fifth:.0%} 的行"
                f"（Gini {seen.gini:.2f}）：请与热门基线比较，并分开看头部和尾部。",
            )
