"""Drawings of a diagnosis as inline SVG: numbers in, safe markup out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from longshelf.diagnosis.balance import lorenz
from longshelf.tables import FloatArray

if TYPE_CHECKING:
    from longshelf.diagnosis.diagnosis import Diagnosis

__all__ = ["draw_lorenz", "draw_sizes", "short"]

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 440, 300, 52, 42, 12, 26
POINTS = 240
NAMES = {"head": "头部", "torso": "腰部", "tail": "尾部"}


def short(number: float) -> str:
    """A count in few letters.

    Examples
    --------
    >>> short(950), short(12_300), short(10_000_000)
    ('950', '12k', '10M')
    """
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return (
                f"{number / size:.3g}{letter}"
                if number < 10 * size
                else f"{number / size:.0f}{letter}"
            )
    return f"{number:g}"


def _across(share: FloatArray | float) -> FloatArray:
    return LEFT + np.asarray(share) * (WIDTH - LEFT - RIGHT)


def _up(share: FloatArray | float) -> FloatArray:
    return HEIGHT - BOTTOM - np.asarray(share) * (HEIGHT - BOTTOM - TOP)


def _path(x: FloatArray, y: FloatArray) -> str:
    return "M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def _powers(most: float) -> list[int]:
    """1, 10, 100 … up to the largest, thinned to at most six."""
    powers = [10**k for k in range(int(np.log10(max(most, 1))) + 1)]
    return powers[:: -(-len(powers) // 6)]


def _ranks(classes: int) -> list[int]:
    """Every rank of a few classes, powers of ten of many."""
    return list(range(1, classes + 1)) if classes < 8 else _powers(classes)


def _both(x: float, y: float, en: str, zh: str, extra: str = "") -> str:
    words = (("en", en), ("zh", zh))
    return "".join(
        f'<text lang="{language}" x="{x:.1f}" y="{y:.1f}" {extra}>{text}</text>'
        for language, text in words
    )


def _axes(ticks_x: Iterable[tuple[float, str]], ticks_y: Iterable[tuple[float, str]]) -> str:
    drawn = []
    for share, text in ticks_x:
        x = float(_across(share))
        drawn.append(
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        )
        drawn.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{text}</text>'
        )
    for share, text in ticks_y:
        y = float(_up(share))
        drawn.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        drawn.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    return "".join(drawn)


def _frame(inside: str, en: str, zh: str) -> Markup:
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{en} / {zh}">{inside}</svg>'
    )


def draw_sizes(diagnosis: Diagnosis) -> Markup:
    """Class size against rank on log axes, slices shaded, the fitted power law dashed.

    Parameters
    ----------
    diagnosis : Diagnosis
        Its classes, slices and fit.
    """
    sizes = diagnosis.classes["count"].to_numpy().astype(float)
    reach, top = np.log10(max(len(sizes), 2)), np.log10(max(sizes[0], 2))
    rank = np.unique(np.geomspace(1, len(sizes), POINTS).round().astype(np.int64))
    x, y = _across(np.log10(rank) / reach), _up(np.log10(sizes[rank - 1]) / top)
    drawn = _bands(diagnosis, sizes, reach) + _axes(
        [(np.log10(p) / reach, short(p)) for p in _ranks(len(sizes))],
        [(np.log10(p) / top, short(p)) for p in _powers(sizes[0])],
    )
    if diagnosis.zipf:
        fitted = diagnosis.zipf.sizes(int(sizes.sum()), len(sizes))[rank - 1]
        inside = (fitted >= 1) & (fitted <= 10**top)
        if inside.sum() > 1:
            line = _path(x[inside], _up(np.log10(fitted[inside]) / top))
            drawn += f'<path class="fit" d="{line}"/>'
    drawn += f'<path class="curve" d="{_path(x, y)}"/>'
    if len(sizes) <= 60:
        dots = (f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in zip(x, y, strict=True))
        drawn += "".join(dots)
    middle, nouns = (LEFT + WIDTH - RIGHT) / 2, diagnosis.nouns
    axis = (f"rank of the {nouns.one}", f"{nouns.zh}名次")
    drawn += _both(middle, HEIGHT - 6, *axis, 'text-anchor="middle"')
    zh = f"按名次排列的{nouns.zh}行数（对数轴）"
    return _frame(drawn, f"Rows per {nouns.one} by rank, log axes", zh)


def _bands(diagnosis: Diagnosis, sizes: FloatArray, reach: float) -> str:
    """Shaded ranks of head, torso and tail, named where there is room and no curve."""
    drawn, before = [], 0.0
    top = np.log10(max(sizes[0], 2))
    ends = np.cumsum([shelf.targets for shelf in diagnosis.shelves])
    for place, (shelf, end) in enumerate(zip(diagnosis.shelves, ends, strict=True)):
        last = place == len(ends) - 1
        share = 1.0 if last else float(np.log10(end + 0.5) / reach)
        left, right = float(_across(before)), float(_across(share))
        drawn.append(
            f'<rect class="{shelf.name}" x="{left:.1f}" width="{max(right - left, 0):.1f}" '
            f'y="{TOP}" height="{HEIGHT - TOP - BOTTOM}"/>'
        )
        if right - left > 44:
            at = (left + right) / 2
            rank = min(round(10 ** ((before + share) / 2 * reach)), len(sizes))
            high = np.log10(sizes[rank - 1]) / top > 0.6
            y = HEIGHT - BOTTOM - 8 if high else TOP + 15
            drawn.append(
                _both(at, y, shelf.name, NAMES[shelf.name], 'class="band" text-anchor="middle"')
            )
        before = share
    return "".join(drawn)


def draw_lorenz(diagnosis: Diagnosis) -> Markup:
    """Share of rows held by the smallest share of classes, against an even spread.

    Parameters
    ----------
    diagnosis : Diagnosis
        Its classes and Gini.
    """
    points = np.array(lorenz(diagnosis.classes["count"].to_numpy()))
    x, y = _across(points[:, 0]), _up(points[:, 1])
    ticks = [(share / 4, f"{share * 25}%") for share in range(5)]
    even = _path(_across(np.array([0.0, 1.0])), _up(np.array([0.0, 1.0])))
    drawn = f'<path class="area" d="{_path(x, y)}Z"/>' + _axes(ticks, ticks)
    drawn += f'<path class="fit" d="{even}"/><path class="curve" d="{_path(x, y)}"/>'
    gini = f"{diagnosis.balance.gini:.3f}"
    spot = (float(_across(0.06)), float(_up(0.9)))
    drawn += _both(*spot, f"Gini {gini}", f"基尼系数 {gini}", 'class="band"')
    middle, nouns = (LEFT + WIDTH - RIGHT) / 2, diagnosis.nouns
    axis = (f"smallest {nouns.many}", f"从小到大的{nouns.zh}")
    drawn += _both(middle, HEIGHT - 6, *axis, 'text-anchor="middle"')
    return _frame(drawn, f"Lorenz curve of {nouns.one} sizes", f"{nouns.zh}规模的洛伦兹曲线")
