"""The words against comparisons made by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from synthetic_report import comparison

from longshelf.report import plain_words, verdicts

TAIL = {"slice_axis": "target", "slice_": "tail"}
HEAD = {"slice_axis": "target", "slice_": "head"}
TORSO = {"slice_axis": "target", "slice_": "torso"}


def _cells(**seconds: float) -> pl.DataFrame:
    place = {"dataset": "fashion", "task": "category", "features": "tfidf", "model": "linear"}
    rows = [
        {**place, "strategy": name, "status": "done", "seconds": spent}
        for name, spent in seconds.items()
    ]
    return pl.DataFrame(rows or [{**place, "strategy": "none", "status": "done", "seconds": None}])


def _said(rows: list[dict[str, Any]], language: Any = "en", **seconds: float) -> str:
    (line,) = plain_words(pl.DataFrame(rows), _cells(**seconds), "macro_f1", language)
    return line.removeprefix("fashion / category / tfidf / linear: ")


WIN = [
    comparison(strategy="LogitAdjusted", difference=0.062, half=0.021, **TAIL),
    comparison(strategy="LogitAdjusted", difference=-0.004, half=0.002, **HEAD),
    comparison(strategy="LogitAdjusted", difference=0.020, half=0.005),
]


def test_a_win_names_gain_interval_cost_and_seconds() -> None:
    said = _said(WIN, none=10.0, LogitAdjusted=11.2)
    assert said.startswith(
        "On the tail, LogitAdjusted beats plain training by 0.062 [0.041, 0.083] macro-F1; "
        "it costs 0.004 on the head and takes 1.2 s longer."
    )
    assert (
        "Overall (the planned test), LogitAdjusted is ahead of plain training by "
        "0.020 [0.015, 0.025]." in said
    )
    assert "cannot be told" not in said


def test_a_win_in_chinese() -> None:
    assert _said(WIN, "zh", none=10.0, LogitAdjusted=11.2).startswith(
        "在尾部，LogitAdjusted 胜过普通训练 0.062 [0.041, 0.083]（宏平均 F1）；"
        "头部因此损失 0.004，多花 1.2 秒。"
    )


def test_a_head_that_cannot_be_told_is_not_called_a_cost() -> None:
    rows = [WIN[0], comparison(strategy="LogitAdjusted", difference=-0.004, half=0.02, **HEAD)]
    said = _said(rows, none=10.0, LogitAdjusted=8.0)
    assert "on the head no change can be told (−0.004 [−0.024, 0.016])" in said
    assert "it takes 2.0 s less" in said
    assert "costs" not in said


def test_the_best_rank_wins_before_the_largest_gain_and_ties_are_named() -> None:
    rows = [
        comparison(strategy="Noisy", difference=0.09, half=0.08, rank=2, **TAIL),
        comparison(strategy="Sure", difference=0.06, half=0.01, rank=1, **TAIL),
        comparison(strategy="Twin", difference=0.05, half=0.02, rank=1, **TAIL),
    ]
    said = _said(rows)
    assert said.startswith("On the tail, Sure beats plain training by 0.060")
    assert "Twin cannot be told from it." in said
    assert "Noisy" not in said


def test_a_tie_says_so_and_gives_the_smallest_visible_difference() -> None:
    rows = [
        comparison(strategy=name, difference=d, half=0.03, **TAIL)
        for name, d in (("A", 0.01), ("B", -0.02))
    ]
    assert _said(rows) == (
        "On the tail, no remedy can be told from plain training. "
        "A difference under about 0.030 could not have been seen here."
    )
    overall = [comparison(strategy=name, difference=0.01, half=0.03) for name in "AB"]
    assert _said([*rows, *overall]).startswith(
        "Overall and on the tail, no remedy can be told from plain training. "
    )


def test_a_tie_says_which_other_slices_tell_remedies_apart() -> None:
    rows = [
        comparison(strategy=name, difference=difference, half=0.03, **place)
        for name in "AB"
        for place, difference in (
            (TAIL, 0.01), ({}, 0.01), (HEAD, -0.2 if name == "B" else 0.0), (TORSO, 0.2)
        )
    ]  # fmt: skip
    said = _said(rows)
    assert said.startswith("Overall and on the tail, no remedy can be told from plain training. ")
    assert (
        "Differing from plain training on the head and torso (exploratory): 2 of 2 remedies. "
        "Worse than plain training on the head: 1 of 2 remedies, most of all B" in said
    )
    assert "2 个方法中有 2 个在头部 和 腰部与普通训练有差别（探索性结果）。" in _said(rows, "zh")
    assert "exploratory" not in _said([row for row in rows if row["slice"] in ("all", "tail")])


def test_the_rarest_stand_beside_the_tail_where_they_are_apart() -> None:
    few = {"slice_axis": "target", "slice_": "few"}
    rows = [
        comparison(strategy="A", difference=difference, half=0.03, **place)
        for place, difference in ((TAIL, 0.01), ({}, 0.01), (few, 0.2))
    ]
    assert "plain training on the few (under 8 rows) (exploratory): 1 of 1" in _said(rows)
    (found,) = verdicts(pl.DataFrame(rows), _cells(), "macro_f1")
    effects = {effect.slice: effect.difference for effect in found.effects}
    assert effects == {"all": 0.01, "tail": 0.01, "few": 0.2}


def test_losses_are_said_with_the_worst_first() -> None:
    rows = [
        comparison(strategy="A", difference=-0.05, half=0.01, **TAIL),
        comparison(strategy="B", difference=-0.09, half=0.01, **TAIL),
        comparison(strategy="C", difference=0.0, half=0.01, **TAIL),
    ]
    said = _said(rows)
    assert said.startswith("On the tail, no remedy beats plain training; worse than it: 2 of 3.")
    assert (
        "Worse than plain training on the tail: 2 of 3 remedies, most of all B "
        "(−0.090 [−0.100, −0.080])." in said
    )


def test_under_three_seeds_only_figures() -> None:
    rows = [comparison(strategy="A", difference=0.5, half=0.01, seeds=2, **TAIL)]
    said = _said(rows)
    assert said.startswith("Fewer than 3 seeds: figures only, no verdict.")
    assert "beats" not in said
    (verdict,) = verdicts(pl.DataFrame(rows), _cells(), "macro_f1")
    assert verdict.tone == "figures"


@pytest.mark.parametrize("difference", [-0.02, 0.0])
def test_figures_behind_are_not_called_favourable(difference: float) -> None:
    rows = [comparison(strategy="A", difference=difference, half=0.01, seeds=1, **TAIL)]
    shown = "−0.020" if difference else "0.000"
    assert _said(rows) == (
        "Fewer than 3 seeds: figures only, no verdict. On the tail, no remedy is ahead of plain "
        f"training; A comes closest: {shown} macro-F1."
    )
    assert _said(rows, "zh") == (
        "种子少于 3 个：只列数字，不下结论。在尾部，没有方法领先普通训练；"
        f"最接近的是 A：{shown}（宏平均 F1）。"
    )
    lower = comparison(
        strategy="A", difference=0.2, half=0.01, seeds=1, metric="log_loss", sign=-1.0, **TAIL
    )
    (line,) = plain_words(pl.DataFrame([lower]), _cells(), "log_loss")
    assert "A comes closest: −0.200 log-loss" in line


def test_figures_ahead_name_the_remedy_furthest_ahead() -> None:
    rows = [
        comparison(strategy=name, difference=gain, half=0.01, seeds=1, **TAIL)
        for name, gain in (("A", 0.02), ("B", -0.5))
    ]
    assert "A is furthest ahead of plain training: +0.020 macro-F1." in _said(rows)
    assert "领先普通训练最多的是 A：+0.020（宏平均 F1）。" in _said(rows, "zh")


@pytest.mark.parametrize(
    ("against", "words"),
    [
        ("below", "A stays below the trivial rival NameMatch"),
        ("not above", "A is not shown to be above the trivial rival NameMatch"),
    ],
)
def test_a_winner_below_its_rival_is_a_caution(against: str, words: str) -> None:
    rows = [
        comparison(strategy="A", difference=0.06, half=0.01, **TAIL),
        comparison(strategy="A", difference=0.02, half=0.01, against=against),
    ]
    assert words in _said(rows)
    (verdict,) = verdicts(pl.DataFrame(rows), _cells(), "macro_f1")
    assert verdict.tone == "caution"


def test_where_less_is_better_the_gain_is_turned() -> None:
    rows = [
        comparison(strategy="A", difference=-0.2, half=0.05, metric="log_loss", sign=-1.0, **TAIL)
    ]
    (line,) = plain_words(pl.DataFrame(rows), _cells(), "log_loss")
    assert "A beats plain training by 0.200 [0.150, 0.250] log-loss" in line
    (verdict,) = verdicts(pl.DataFrame(rows), _cells(), "log_loss")
    assert verdict.effects[0].difference == pytest.approx(0.2)


def test_without_a_tail_all_classes_decide() -> None:
    said = _said([comparison(strategy="A", difference=0.03, half=0.01)])
    assert said.startswith("Overall, A beats plain training by 0.030")


def test_the_better_block_of_a_data_set_leads() -> None:
    rows = [
        comparison(strategy="A", difference=0.03, half=0.01, value=0.5, model="linear"),
        comparison(strategy="A", difference=0.03, half=0.01, value=0.7, model="mlp"),
    ]
    judged = verdicts(pl.DataFrame(rows), _cells(), "macro_f1")
    assert [v.block["model"] for v in judged] == ["mlp", "linear"]
