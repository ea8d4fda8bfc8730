"""``longshelf curves``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from longshelf.cli import say

if TYPE_CHECKING:
    from longshelf.tracking.course import Course

__all__ = ["curves"]

COLOURS = ("cyan", "green", "magenta")
PAUSE = 1.0
"""Seconds between two looks, following."""


def curves(
    folder: Annotated[str, typer.Argument(help="A run's folder or address, such as runs/fashion")],
    follow: Annotated[bool, typer.Option("--follow", help="Draw anew until Ctrl-C.")] = False,
    cell: Annotated[
        str, typer.Option(help="Only cells with this in their name; * stands for anything.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Draw how the fits of a run learn: loss and validation score by step, also while they run."""
    from longshelf.errors import InputError, Unavailable, unknown
    from longshelf.experiment.store import Store
    from longshelf.tracking.course import courses

    if follow and json:
        raise InputError("--json prints what there is once; leave out --follow")
    store = Store(folder)
    if follow:
        _follow(lambda: list(courses(store, cell)), store.address)
        return
    found = list(courses(store, cell))
    if not found and (others := [one.name for one in courses(store)]):
        raise unknown("cell with curves", cell, others)
    if not found:
        raise Unavailable(
            f"{folder!r} holds no curves: fits that learn in steps and last over three seconds "
            "have one, under the first of the cells that share the fit"
        )
    if json:
        say.as_json([one.as_dict() for one in found])
        return
    from rich.console import Console

    Console(highlight=False).print(Picture(found))


def _follow(look: Any, address: str) -> None:
    import time

    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False)
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        try:
            while True:
                found = sorted(look(), key=lambda one: bool(one.ended))
                waiting = f"no curves in {address} yet"
                live.update(Picture(found, console.height) if found else waiting, refresh=True)
                time.sleep(PAUSE)
        except KeyboardInterrupt:
            return


class Picture:
    """Curves of cells, one under the other, as wide as the terminal.

    Parameters
    ----------
    courses : sequence of Course
    lines : int or None
        How many fit on the screen; None leaves each its full height.
    """

    def __init__(self, courses: Sequence[Course], lines: int | None = None) -> None:
        self.courses = courses
        room = 6 if lines is None else lines // max(1, len(courses))
        self.height = min(4, max(1, room - 2))

    def __rich_console__(self, console: Any, options: Any) -> Any:
        for course in self.courses:
            yield from self._drawn(course, options.max_width)

    def _drawn(self, course: Course, width: int) -> Any:
        from rich.table import Table
        from rich.text import Text

        yield _headline(course, width)
        told = course.told
        room = max(8, width // max(1, len(told)) - 1)
        grid = Table.grid(padding=(0, 1, 0, 0))
        cells = [self._panel(course, name, room) for name in told]
        grid.add_row(*(Text(cell, COLOURS[i % 3], no_wrap=True) for i, cell in enumerate(cells)))
        yield grid

    def _panel(self, course: Course, name: str, width: int) -> str:
        from longshelf.cli.braille import braille

        steps, values = course.series(name)
        if not values:
            return f"{name} is not finite"[:width]
        title = f"{name} {values[-1]:.4g}"
        if len(values) > 1:
            title += f" ({min(values):.4g} to {max(values):.4g})"
        return "\n".join([title[:width], *braille(steps, values, width, self.height)])


def _headline(course: Course, width: int) -> Any:
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    state = f" {standing(course)}, {course.ended or 'under way'}"
    room = max(10, width - cell_len(state))
    name = course.name if cell_len(course.name) <= room else f"…{_last(course.name, room - 1)}"
    return Text.assemble((set_cell_size(name, min(room, cell_len(name))), "bold"), (state, "dim"))


def _last(text: str, width: int) -> str:
    """The end of a text, of some columns."""
    from rich.cells import cell_len

    while cell_len(text) > width:
        text = text[1:]
    return text


def standing(course: Course) -> str:
    """Where a fit is: training, epoch, step, time."""
    last = course.last
    minutes, seconds = divmod(int(last.get("seconds", 0)), 60)
    parts = [f"training {int(last['training'])}"] if last.get("training", 1) > 1 else []
    parts += [f"epoch {last['epoch']:.3g}"] if "epoch" in last else []
    parts += [f"step {int(last.get('step', 0)):,}", f"{minutes}:{seconds:02d}"]
    return ", ".join(parts)
