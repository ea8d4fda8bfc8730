"""The figures of interactions and judgements as plain rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from longshelf.diagnosis.list_advice import WHO

if TYPE_CHECKING:
    from longshelf.diagnosis.crosstab import Crosstab
    from longshelf.diagnosis.interactions import Interactions
    from longshelf.diagnosis.popularity import Popularity

__all__ = ["list_lines", "shelf_lines"]

Line = tuple[str, str, str, str, str]
NAMES = {"head": "头部", "torso": "腰部", "tail": "尾部"}


def list_lines(seen: Interactions, popularity: Sequence[Popularity]) -> Iterator[Line]:
    """Sources, pairs, grades and the future: section, figure and value, words in both languages.

    Parameters
    ----------
    seen : Interactions
        The figures.
    popularity : sequence of Popularity
        How unevenly users, items and queries are met.
    """
    en, zh = WHO[seen.role]
    one = seen.role
    section = (f"{en} {seen.column}", f"{zh} {seen.column}")
    yield *section, "rows", "行数", f"{seen.rows:,}"
    yield *section, en, f"{zh}数", f"{seen.sources:,}"
    yield *section, f"pairs of {one} and item", f"{zh}与商品的组合", f"{seen.pairs:,}"
    yield *section, "density", "稠密度", f"{seen.density:.4%}"
    repeated = f"{seen.repeated:,} ({seen.repeated / seen.rows:.1%})"
    yield *section, "rows that repeat a pair", "重复组合的行", repeated
    levels = " / ".join(f"{rows:,}" for _, rows in seen.activity)
    shares = " / ".join(f"{share:.0%}" for share, _ in seen.activity)
    yield *section, f"rows per {one}: {shares} of {en}", f"每个{zh}的行数：{shares} 分位", levels
    yield *section, f"rows of the most active {one}", f"最活跃{zh}的行数占比", f"{seen.most:.1%}"
    short = f"{seen.under_3:,} ({seen.under_3 / seen.sources:.1%})"
    yield *section, f"{en} under 3 rows", f"不足 3 行的{zh}", short
    for own in popularity:
        if own.role == seen.role and not seen.irrelevant:
            gini = f"{own.gini:.3f} / {own.top_fifth:.1%}"
            yield *section, "Gini / share of the top fifth", "基尼 / 前五分之一占比", gini
    if seen.listed:
        yield (
            *section,
            "items of the table without a row",
            "商品表中没有行的商品",
            f"{seen.listed:,}",
        )
    for grade, rows in seen.grades:
        yield "grades", "评级", f"grade {grade:g}", f"评级 {grade:g}", f"{rows:,}"
    yield from _future(seen, en, zh)


def _future(seen: Interactions, en: str, zh: str) -> Iterator[Line]:
    future = seen.future
    if future is None:
        return
    section = ("a split by time", "按时间划分")
    yield *section, "latest rows, which judge", "最近的行（用于评判）", f"{future.rows:,}"
    for rows, count, who_en, who_zh in (
        (future.source_rows, future.sources, en, zh),
        (future.item_rows, future.items, "items", "商品"),
    ):
        share = f"{rows:,} ({rows / future.rows:.1%})"
        value = f"{share}, {count:,} {who_en}\t{share}，{count:,} 个{who_zh}"
        yield *section, f"of cold {who_en}", f"冷启动{who_zh}", value


def shelf_lines(table: Crosstab, shown: int = 5) -> Iterator[Line]:
    """How popular the items of each group are.

    Parameters
    ----------
    table : Crosstab
        Head, torso and tail by group.
    shown : int, default 5
        Groups, the largest first.
    """
    section = (f"group {table.column}", f"群体 {table.column}")
    cells = {(group, shelf): rows for group, shelf, rows in table.cells.rows()}
    for group, rows in table.groups[:shown]:
        shares = {shelf: cells.get((group, shelf), 0) / rows for shelf in NAMES}
        en = ", ".join(f"{shelf} {share:.0%}" for shelf, share in shares.items())
        zh = "，".join(f"{NAMES[shelf]} {share:.0%}" for shelf, share in shares.items())
        counted = f"({rows:,} rows)", f"（{rows:,} 行）"
        yield *section, group, group, f"{en} {counted[0]}\t{zh}{counted[1]}"
    more = len(table.groups) - shown
    if more > 0:
        yield *section, "further groups", "其余群体", f"{more:,}"
