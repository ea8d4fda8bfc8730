"""Draw docs/images/feedback_loop.svg from published results, and print its figures as Markdown.

``loop_figure.py [results/feedback_loop]``. One panel per model and measure, one line per strategy,
bands are 95% t intervals over seeds, which are shops. Trivial rivals are grey in every panel.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

import polars as pl
from pieces import number, table
from scipy.stats import t as student

from longshelf.results import Results

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "images" / "feedback_loop.svg"
PANELS = (
    ("welfare_share", "majority by round", "welfare of the majority, share of the best"),
    ("welfare_share", "minority by round", "welfare of the minority, share of the best"),
    ("gini", "round", "Gini of exposure"),
    ("coverage", "round", "share of the catalogue shown"),
    ("survival", "round", "share of the catalogue clicked"),
    ("tail_clicks", "round", "share of clicks on the tail"),
)
INKS = ("#1f2937", "#b45309", "#0f766e", "#7c3aed", "#be123c", "#2563eb")
RIVALS = {"random_ranking": "2 3", "most_popular": "7 3"}
WIDTH, HEIGHT, LEFT, TOP, GAP_X, GAP_Y = 230, 120, 54, 86, 34, 44


def courses(results: Results, metric: str, axis: str) -> pl.DataFrame:
    """Mean and half width over seeds of every arm and round."""
    chosen = results.values.filter(
        pl.col("metric").str.starts_with(f"{metric}@"),
        pl.col("slice_axis") == axis,
        pl.col("task") == "feedback loop",
    )
    found = chosen.group_by("model", "strategy", "slice").agg(
        mean=pl.col("value").mean(), deviation=pl.col("value").std(), seeds=pl.len()
    )
    factor = [float(student.ppf(0.975, n - 1)) / n**0.5 if n > 1 else 0.0 for n in found["seeds"]]
    return found.with_columns(
        round=pl.col("slice").cast(pl.Int64), wide=pl.col("deviation") * pl.Series(factor)
    ).sort("round")


class Panel:
    """One pair of axes."""

    def __init__(self, left: float, top: float, rounds: int, highest: float) -> None:
        self.left, self.top, self.rounds, self.highest = left, top, rounds, highest

    def at(self, number: float, value: float) -> str:
        """A point as SVG writes it."""
        x = self.left + WIDTH * (number - 1) / max(self.rounds - 1, 1)
        y = self.top + HEIGHT * (1 - min(max(value / self.highest, 0.0), 1.0))
        return f"{x:.1f},{y:.1f}"

    def axes(self) -> Iterator[str]:
        """Grid and numbers."""
        for step in range(5):
            y = self.top + HEIGHT * (1 - step / 4)
            yield (
                f'<line x1="{self.left}" x2="{self.left + WIDTH}" y1="{y:.1f}" y2="{y:.1f}" '
                'stroke="#e5e7eb"/>'
            )
            yield (
                f'<text x="{self.left - 6}" y="{y + 4:.1f}" text-anchor="end">'
                f"{self.highest * step / 4:.2f}</text>"
            )
        for mark in (1, self.rounds // 3, 2 * self.rounds // 3, self.rounds):
            x = self.left + WIDTH * (mark - 1) / max(self.rounds - 1, 1)
            yield (
                f'<text x="{x:.1f}" y="{self.top + HEIGHT + 15}" text-anchor="middle">{mark}</text>'
            )

    def line(self, part: pl.DataFrame, ink: str, dash: str = "") -> Iterator[str]:
        """A course with its band."""
        rows = part.select("round", "mean", pl.col("wide").fill_null(0.0)).rows()
        above = [self.at(r, mean + wide) for r, mean, wide in rows]
        below = [self.at(r, mean - wide) for r, mean, wide in reversed(rows)]
        yield f'<path d="M{"L".join(above + below)}Z" fill="{ink}" opacity="0.13"/>'
        middle = "L".join(self.at(r, mean) for r, mean, _ in rows)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        yield f'<path d="M{middle}" fill="none" stroke="{ink}" stroke-width="1.6"{dashed}/>'


def draw(results: Results) -> str:
    """The whole figure."""
    sample = courses(results, *PANELS[0][:2])
    models = [m for m in sorted(set(sample["model"])) if m not in RIVALS]
    arms = set(sample.filter(pl.col("model").is_in(models))["strategy"])
    strategies = sorted(arms, key=lambda name: (name != "none", name))
    rounds = int(sample["round"].max())  # type: ignore[arg-type]
    wide = LEFT + len(models) * (WIDTH + GAP_X)
    high = TOP + len(PANELS) * (HEIGHT + GAP_Y)
    drawn = [*legend(strategies)]
    for row, (metric, axis, title) in enumerate(PANELS):
        found = courses(results, metric, axis)
        most = float((found["mean"] + found["wide"].fill_null(0.0)).max())  # type: ignore[arg-type]
        highest = 1.0 if most > 0.5 else max(round(most + 0.05, 1), 0.1)
        for column, model in enumerate(models):
            panel = Panel(
                LEFT + column * (WIDTH + GAP_X), TOP + row * (HEIGHT + GAP_Y), rounds, highest
            )
            heads = [(8, "title", title), *([(26, "model", model)] if row == 0 else [])]
            drawn += [
                f'<text x="{panel.left}" y="{panel.top - up}" class="{kind}">{escape(said)}</text>'
                for up, kind, said in heads
            ]
            drawn += panel.axes()
            for rival, dash in RIVALS.items():
                drawn += panel.line(found.filter(model=rival, strategy="none"), "#9ca3af", dash)
            for ink, strategy in zip(INKS, strategies, strict=False):
                own = found.filter(pl.col("model") == model, pl.col("strategy") == strategy)
                drawn += panel.line(own, ink) if own.height else ()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img" '
        'font-family="system-ui, sans-serif" font-size="10.5" fill="#374151">'
        "<title>Thirty rounds of a recommender that learns from its own clicks</title>"
        "<style>.title{font-weight:600}.model{font-weight:700;font-size:13px}</style>"
        f'<rect width="{wide}" height="{high}" fill="white"/>{"".join(drawn)}</svg>\n'
    )


def legend(strategies: Sequence[str]) -> Iterator[str]:
    """What the lines stand for."""
    named = [*zip(strategies, INKS, [""] * len(strategies), strict=False)]
    named += [(name, "#9ca3af", dash) for name, dash in RIVALS.items()]
    for place, (name, ink, dash) in enumerate(named):
        x, y = LEFT + (place % 4) * 190, 16 + (place // 4) * 18
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        yield (
            f'<line x1="{x}" x2="{x + 22}" y1="{y}" y2="{y}" stroke="{ink}" stroke-width="2"'
            f"{dashed}/>"
        )
        yield f'<text x="{x + 28}" y="{y + 4}">{escape(name)}</text>'


def figures(results: Results) -> str:
    """Every measure in the first and the last round, mean and half width over seeds."""
    rows = []
    for metric, axis, title in PANELS:
        found = courses(results, metric, axis)
        last = int(found["round"].max())  # type: ignore[arg-type]
        for (model, strategy), part in found.group_by("model", "strategy", maintain_order=True):
            one, other = (part.filter(pl.col("round") == r).row(0, named=True) for r in (1, last))
            rows.append(
                [
                    title,
                    f"`{model}`",
                    f"`{strategy}`",
                    *(f"{number(x['mean'])} ± {number(x['wide'])}" for x in (one, other)),
                ]
            )
    rows.sort(key=lambda row: ([t for *_, t in PANELS].index(row[0]), row[1], row[2]))
    return table(["measure", "model", "strategy", "round 1", "last round"], rows)


def main(arguments: list[str]) -> int:
    """Draw and print."""
    results = Results.read(arguments[0] if arguments else ROOT / "results" / "feedback_loop")
    PAGE.write_text(draw(results), encoding="utf-8")
    sys.stdout.write(f"{figures(results)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
