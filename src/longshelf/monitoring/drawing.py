"""Lines over time as inline SVG: numbers in, safe markup out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import floor, isfinite, log10

import numpy as np
from markupsafe import Markup, escape

__all__ = ["Series", "clock", "draw"]

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 440, 220, 52, 30, 12, 96
GAP = 17
LETTERS = 11
DAY = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line.

    Parameters
    ----------
    en, zh : str
        Its name.
    kind : str
        Its class in the style sheet, which gives colour and dashes.
    points : sequence of (float, float or None)
        Window and value; None leaves a gap.
    """

    en: str
    zh: str
    kind: str
    points: Sequence[tuple[float, float | None]]

    @property
    def known(self) -> list[tuple[float, float]]:
        """Points that have a value."""
        return [(at, value) for at, value in self.points if value is not None and isfinite(value)]


def clock(seconds: float, span: float) -> str:
    """A moment in UTC, as long as it needs to be on an axis over this many seconds.

    Examples
    --------
    >>> clock(0.0, 3600.0), clock(0.0, 10 * 86_400.0)
    ('00:00', '01-01')
    """
    form = "%H:%M" if span <= DAY else "%m-%d %H:%M" if span <= 4 * DAY else "%m-%d"
    return datetime.fromtimestamp(seconds, UTC).strftime(form)


def _steps(low: float, high: float) -> list[float]:
    """Three to six round numbers that lie in the range."""
    rough = (high - low) / 4
    size = 10 ** floor(log10(rough))
    step = min((m * size for m in (1, 2, 2.5, 5, 10) if m * size >= rough), default=10 * size)
    first = np.ceil(low / step - 1e-9)
    return [float(k * step) + 0.0 for k in np.arange(first, floor(high / step + 1e-9) + 1)]


def _tick(value: float, percent: bool, step: float) -> str:
    if percent:
        return f"{value:.{max(0, min(3, -floor(log10(step * 100) + 1e-9)))}%}"
    return f"{value:.{max(0, min(4, -floor(log10(step) + 1e-9)))}f}"


def draw(
    series: Sequence[Series],
    en: str,
    zh: str,
    *,
    percent: bool = False,
    floor_at: float | None = 0.0,
    mark: float | None = None,
) -> Markup | None:
    """Lines with their names at their ends; None where there are not two windows to draw.

    Parameters
    ----------
    series : sequence of Series
        At most six.
    en, zh : str
        What the figure shows, for those who hear it.
    percent : bool, default False
        Write the axis in per cent.
    floor_at : float or None, default 0
        Where the axis begins; None lets it begin at the least value.
    mark : float, optional
        A dashed line across, such as what calibration should be.
    """
    drawn = [line for line in series if len(line.known) > 1]
    if not drawn:
        return None
    moments = [at for line in drawn for at, _ in line.known]
    values = [value for line in drawn for _, value in line.known] + ([] if mark is None else [mark])
    low = min(values) if floor_at is None else min(floor_at, *values)
    high = max(values)
    high += (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    start, end = min(moments), max(moments)

    def across(at: float) -> float:
        return LEFT + (at - start) / (end - start) * (WIDTH - LEFT - RIGHT)

    def up(value: float) -> float:
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - BOTTOM - TOP)

    parts = []
    ticks = _steps(low, high)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    for value in ticks:
        y = up(value)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_tick(value, percent, step)}</text>')  # fmt: skip
    for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        at = start + share * (end - start)
        parts.append(f'<text x="{across(at):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{clock(at, end - start)}</text>')  # fmt: skip
    if mark is not None:
        parts.append(f'<line class="mark" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up(mark):.1f}" y2="{up(mark):.1f}"/>')  # fmt: skip
    for line in drawn:
        path = "M" + "L".join(f"{across(at):.1f},{up(value):.1f}" for at, value in line.known)
        parts.append(f'<path class="line {escape(line.kind)}" d="{path}"/>')
    ends = sorted(drawn, key=lambda line: -line.known[-1][1])
    for line, y in zip(ends, _spread([up(line.known[-1][1]) for line in ends]), strict=True):
        for language, name in (("en", line.en), ("zh", line.zh)):
            shown = name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"
            parts.append(f'<text lang="{language}" class="name {escape(line.kind)}" x="{WIDTH - RIGHT + 6}" y="{y + 4:.1f}">{escape(shown)}</text>')  # fmt: skip
    label = escape(f"{en} / {zh}")
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    )


def _spread(places: Sequence[float]) -> list[float]:
    """Heights of names, pushed apart where lines end close together."""
    found: list[float] = []
    for place in places:
        found.append(max(place, found[-1] + GAP) if found else place)
    over = max(found[-1] - (HEIGHT - BOTTOM), 0.0) if found else 0.0
    limit = float(HEIGHT - BOTTOM)
    for index in range(len(found) - 1, -1, -1):
        if over and found[index] > limit:
            found[index] = limit
        limit = found[index] - GAP
    return found
