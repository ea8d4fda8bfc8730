"""What the monitor knows as one self-contained page that reloads itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Literal

import jinja2
import polars as pl
from markupsafe import Markup

from longshelf.monitoring.alerts import Alarm
from longshelf.monitoring.drawing import Series, draw
from longshelf.monitoring.observe import Observation
from longshelf.trials import TrialReport
from longshelf.trials.said import Said

__all__ = ["page"]

NAMES = {
    "all": "全部", "head": "头部", "torso": "腰部", "tail": "尾部", "majority": "多数群体",
    "minority": "少数群体", "category": "类目", "price": "价格", "words": "标题用词",
    "click rate falls": "点击率下降", "tail click rate falls": "尾部点击率下降",
    "tail exposure moves": "尾部曝光变动", "calibration moves": "校准变动",
    "category drifts": "类目漂移", "price drifts": "价格漂移", "words drifts": "标题用词漂移",
    "new items": "新商品占比", "sample ratio": "样本比例", "click rate": "点击率",
    "clicks per user": "人均点击", "purchases per user": "人均购买", "clicks by category": "各类目点击",
    "measured": "实测", "implied by scores (EM)": "由打分推出（EM）",
    "implied by decisions (BBSE)": "由判定推出（BBSE）",
}  # fmt: skip
KINDS = ("one", "two", "three", "four", "five", "six")
MOST = 6


@cache
def _template() -> jinja2.Template:
    source = files("longshelf.monitoring").joinpath("page.html").read_text(encoding="utf-8")
    return jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    ).from_string(source)


def page(
    seen: Observation,
    trials: Sequence[TrialReport] = (),
    *,
    every: int = 0,
    language: Literal["en", "zh"] = "en",
) -> str:
    """The page as text; no address in it is fetched.

    Parameters
    ----------
    seen : Observation
        Everything shown.
    trials : sequence of TrialReport
        Of the same events; the sample ratio stands above any lift.
    every : int, default 0
        Seconds after which the page reloads itself; 0 never.
    language : {"en", "zh"}, default "en"
        Shown first; the page holds both.
    """
    return _template().render(
        seen=seen,
        language=language,
        every=every,
        moment=datetime.fromtimestamp(seen.latest, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        alarms=[(rule, seen.alerts.alarms.get(rule.signal, Alarm())) for rule in seen.alerts.rules],
        since=lambda at: datetime.fromtimestamp(at, UTC).strftime("%m-%d %H:%M"),
        tiles=_tiles(seen),
        figures=[
            (en, zh, note, drawn) for en, zh, note, drawn in _figures(seen) if drawn is not None
        ],
        prior=seen.prior.rows(named=True),
        trials=trials,
        names=NAMES,
        zh=lambda said: said.zh if isinstance(said, Said) else said,
    )


def _tiles(seen: Observation) -> list[tuple[str, str, str]]:
    """English, Chinese, value: over the windows since the reference, or all of them before."""
    later = seen.windows.filter(~pl.col("window").is_in(list(seen.reference)))
    table = later if later.height else seen.windows
    whole = table.filter(pl.col("by") == "all")
    shown, clicks = int(whole["exposures"].sum()), int(whole["clicks"].sum())
    bought = int(whole["purchases"].sum())
    tail = int(table.filter(pl.col("part") == "tail", pl.col("by") == "slice")["exposures"].sum())
    last = whole.tail(1)
    return [
        ("exposures", "曝光", f"{shown:,}"),
        ("click rate", "点击率", _share(clicks, shown)),
        ("purchases per click", "点击转化率", _share(bought, clicks)),
        ("exposure of the tail", "尾部曝光占比", _share(tail, shown)),
        ("coverage, last window", "最近窗口覆盖率", _number(last["coverage"][0], "{:.1%}")),
        ("Gini, last window", "最近窗口基尼系数", _number(last["gini"][0], "{:.3f}")),
    ]


def _share(top: int, bottom: int) -> str:
    return f"{top / bottom:.2%}" if bottom else "–"


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _figures(seen: Observation) -> list[tuple[str, str, tuple[str, str] | None, Markup | None]]:
    """English and Chinese title, a note, and the drawing, each where there is something to draw."""
    rates, last = seen.windows, seen.windows["window"].max()
    closed = rates.filter(pl.col("window") < last)
    reference = ("Dashed: no deviation.", "虚线：无偏差。")
    drift = seen.drift.rename({"input": "part"})
    found: list[tuple[str, str, tuple[str, str] | None, Markup | None]] = []
    for en, zh, by, value in (
        ("Click rate by slice", "各分段点击率", "slice", "click_rate"),
        ("Share of exposures by slice", "各分段曝光占比", "slice", "share"),
        ("Click rate by user group", "各用户群点击率", "group", "click_rate"),
        ("Coverage by slice", "各分段覆盖率", "slice", "coverage"),
    ):
        lines = _lines(closed.filter(pl.col("by") == by), value)
        found.append((en, zh, None, draw(lines, en, zh, percent=True)))
    en, zh = "Gini of exposures by slice", "各分段曝光基尼系数"
    found.append(
        (en, zh, None, draw(_lines(closed.filter(pl.col("by") == "slice"), "gini"), en, zh))
    )
    en, zh = "Balanced accuracy of scores", "打分的平衡准确率"
    note = ("Clicked or not, at the reference's click rate.", "以参考期点击率为阈值判断是否点击。")
    found.append((en, zh, note, draw(_lines(seen.judged, "balanced_accuracy"), en, zh, percent=True, floor_at=0.5)))  # fmt: skip
    en, zh = "Promised clicks over clicks", "预测点击数与实际之比"
    found.append((en, zh, reference, draw(_lines(seen.judged, "promised"), en, zh, floor_at=None, mark=1.0)))  # fmt: skip
    en, zh = "Drift of inputs (stability index)", "输入漂移（稳定性指数）"
    found.append((en, zh, None, draw(_lines(drift, "psi"), en, zh)))
    en, zh = "Popularity beside the reference", "热度与参考期对比"
    items = [
        Series(en=a, zh=b, kind=k, points=seen.items.select("window", c).rows())
        for a, b, k, c in (("rank corr.", "秩相关", "one", "rank_correlation"), ("new items", "新商品", "three", "new_share"))
    ]  # fmt: skip
    found.append((en, zh, None, draw(items, en, zh)))
    return found


def _lines(table: pl.DataFrame, value: str) -> list[Series]:
    """One line per part, in the order they stand."""
    parts = [part for part in table["part"].unique(maintain_order=True).to_list() if part != "all"]
    kinds = {"head": "one", "torso": "two", "tail": "three"}
    return [
        Series(
            en=part, zh=NAMES.get(part, part), kind=kinds.get(part, KINDS[place % len(KINDS)]),
            points=table.filter(pl.col("part") == part).sort("window").select("window", value).rows(),
        )
        for place, part in enumerate(parts[:MOST])
    ]  # fmt: skip
