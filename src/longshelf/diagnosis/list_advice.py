"""What to look at first in interactions and judgements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from longshelf.diagnosis.sentence import Sentence

if TYPE_CHECKING:
    from longshelf.diagnosis.diagnosis import Diagnosis
    from longshelf.diagnosis.interactions import Interactions

__all__ = ["list_sentences"]

LEAST, SHARE = 100, 0.01
"""Rows, and share of the rows, that a group needs before its taste is compared."""

WHO = {"user": ("users", "用户"), "query": ("queries", "查询")}


def list_sentences(d: Diagnosis, seen: Interactions) -> Iterator[Sentence]:
    """Observations on items and on who meets them.

    Parameters
    ----------
    d : Diagnosis
        All figures.
    seen : Interactions
        Its figures of pairs.
    """
    yield from _items(d, seen)
    yield from _sources(seen)
    yield from _cold(seen)
    yield from _repeats(seen)
    yield from _shelves(d)


def _items(d: Diagnosis, seen: Interactions) -> Iterator[Sentence]:
    few, items = d.balance.under_10, d.balance.classes
    if items == 1:
        yield Sentence(
            severity=1.0,
            en="All rows are of one item: there is nothing to rank; check the item column.",
            zh="所有行都是同一件商品：无可排序，请检查商品列。",
        )
    elif few >= 0.1 * items:
        yield Sentence(
            severity=0.4 + 0.4 * few / items,
            en=f"{few:,} of {items:,} items have under 10 rows: who took them says little; give "
            "items a text (--targets), and read the tail as a whole.",
            zh=f"{items:,} 件商品中有 {few:,} 件不足 10 行：共现信息很少；"
            "请为商品提供文本（--targets），并把尾部作为整体来看。",
        )
    top = next((one for one in d.popularity if one.role == "item"), None)
    if top is not None and top.gini >= 0.5:
        yield Sentence(
            severity=0.3 + top.gini / 3,
            en=f"The top fifth of items holds {top.top_fifth:.0%} of rows (Gini {top.gini:.2f}): "
            "the most popular items are the rival to beat (longshelf run says what they score); "
            "read head and tail apart.",
            zh=f"最热门的五分之一商品占 {top.top_fifth:.0%} 的行（基尼 {top.gini:.2f}）："
            "热门榜是必须超过的对手（得分见 longshelf run）；请分开看头部和尾部。",
        )


def _sources(seen: Interactions) -> Iterator[Sentence]:
    en, zh = WHO[seen.role]
    short = seen.under_3 / seen.sources
    if seen.role == "user" and short >= 0.1:
        yield Sentence(
            severity=0.35 + short / 2,
            en=f"{seen.under_3:,} of {seen.sources:,} {en} ({short:.0%}) have under 3 rows: the "
            "last row of each cannot judge them; split by time, and read known and cold users "
            "apart.",
            zh=f"{seen.sources:,} 个{zh}中有 {seen.under_3:,} 个（{short:.0%}）不足 3 行："
            "无法用各自的最后一行评判；请按时间划分，并分开看已知用户和冷启动用户。",
        )
    if seen.most >= 0.1 and seen.sources > 1:
        yield Sentence(
            severity=0.4 + seen.most / 2,
            en=f"One of {seen.sources:,} {en} holds {seen.most:.0%} of rows: a robot, a reseller "
            "or a blank id; look at it before it teaches the model.",
            zh=f"{seen.sources:,} 个{zh}中的一个占 {seen.most:.0%} 的行："
            "可能是机器人、转售商或空标识；请先查看，以免主导模型。",
        )
    if len(seen.grades) == 1:
        yield Sentence(
            severity=0.5,
            en=f"All grades are {seen.grades[0][0]:g}: they order nothing; every judged item "
            "counts alike.",
            zh=f"所有评级都是 {seen.grades[0][0]:g}：无法区分先后；每件已评判的商品同等对待。",
        )


def _cold(seen: Interactions) -> Iterator[Sentence]:
    if seen.future is None:
        return
    en, zh = WHO[seen.role]
    users, items = (n / seen.future.rows for n in (seen.future.source_rows, seen.future.item_rows))
    if max(users, items) >= 0.05:
        yield Sentence(
            severity=0.3 + max(users, items) / 2,
            en=f"Split by time, {users:.0%} of the latest rows are of {en} and {items:.0%} of "
            "items that the past does not know: models of ids are blind there; texts and "
            "popularity are not.",
            zh=f"按时间划分时，最近的行中有 {users:.0%} 属于过去没有的{zh}、{items:.0%} 属于过去没有的商品："
            "只看标识的模型对此无能为力，文本和热门榜则可以。",
        )


def _repeats(seen: Interactions) -> Iterator[Sentence]:
    share = seen.repeated / seen.rows
    if seen.role == "user" and share >= 0.1:
        yield Sentence(
            severity=0.25 + share / 2,
            en=f"{seen.repeated:,} rows ({share:.0%}) repeat an earlier pair of user and item: "
            "rank leaves known items out of lists; where coming back counts, set repeats: true.",
            zh=f"{seen.repeated:,} 行（{share:.0%}）重复了之前的用户与商品："
            "rank 不会推荐已有商品；如果复购也算，请设置 repeats: true。",
        )


def _shelves(d: Diagnosis) -> Iterator[Sentence]:
    for table in d.crosstabs:
        held = {group: rows for group, shelf, rows in table.cells.rows() if shelf == "tail"}
        least = max(LEAST, SHARE * sum(rows for _, rows in table.groups))
        tail = {group: held.get(group, 0) / rows for group, rows in table.groups if rows >= least}
        if len(tail) < 2:
            continue
        low, high = min(tail, key=lambda g: tail[g]), max(tail, key=lambda g: tail[g])
        gap = tail[high] - tail[low]
        if gap >= 0.05:
            yield Sentence(
                severity=min(0.25 + gap, 1.0),
                en=f"{table.column}={high} takes {tail[high]:.0%} of its rows from the tail, "
                f"{low} {tail[low]:.0%}: a popular list serves one better than the other; read "
                "results by group.",
                zh=f"{table.column}={high} 有 {tail[high]:.0%} 的行来自尾部，{low} 只有 {tail[low]:.0%}："
                "热门榜对两者的服务并不相同；请按群体查看结果。",
            )
