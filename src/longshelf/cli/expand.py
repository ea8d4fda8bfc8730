"""``longshelf expand``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longshelf.cli import say
from longshelf.cli.data import Label, Source, Text, open_data

if TYPE_CHECKING:
    from longshelf.expansion import Progress
    from longshelf.generators.ledger import Ledger

__all__ = ["expand"]


def expand(
    source: Source,
    output: Annotated[Path, typer.Option("-o", help="Parquet file to write.")],
    generator: Annotated[
        str, typer.Option(help="What writes: see longshelf list generators.")
    ] = "eda",
    to: Annotated[
        str,
        typer.Option(
            help="Rows each class should have, as 50-per-class; rows to add per row, as 2x; or balance."
        ),
    ] = "50-per-class",
    label: Label = None,
    text: Text = None,
    column: Annotated[
        str | None, typer.Option(help="The text to write, where there are several.")
    ] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", help="What drafts must pass; repeat, in order."),
    ] = None,
    split: Annotated[
        str, typer.Option(help="Column that says train, valid, test; only train is read.")
    ] = "split",
    seed: Annotated[int, typer.Option(help="Equal seeds write equal files.")] = 0,
    tries: Annotated[int, typer.Option(min=1, help="Rounds of asking for what is missing.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Write new rows for rare classes, with where each comes from; the same command goes on after a stop."""
    from longshelf.components import build
    from longshelf.errors import InputError
    from longshelf.expansion import Order, expand_file
    from longshelf.generators.amounts import amount
    from longshelf.generators.editor import filters_of
    from longshelf.language.spending import spending

    if Path(source).exists() and output.resolve() == Path(source).resolve():
        raise InputError(f"{output} is the input; give another file with -o")
    order = Order(
        generator=build("generator", generator), to=amount(to), filters=filters_of(filters or ()),
        column=column, split=split, seed=seed, tries=tries,
    )  # fmt: skip
    dataset = open_data(source, label, text)
    start = time.perf_counter()
    with spending() as spent, _watched() as heard:
        ledger = expand_file(dataset, order, output, heard)
    if json:
        say.as_json({"output": str(output), "classes": ledger.as_dict(), "cost": dict(spent)})
        return
    _shown(ledger, spent, output, time.perf_counter() - start)


def _shown(ledger: Ledger, spent: Mapping[str, float], output: Path, seconds: float) -> None:
    asked, came = sum(ledger.asked.values()), sum(ledger.delivered.values())
    if ledger.reasons:
        say.table("", ["drafts dropped", "reason"], [[n, why] for why, n in ledger.reasons.items()])
    short = {
        name: f"{name} {ledger.delivered[name]:,} of {n:,}"
        for name, n in ledger.asked.items()
        if ledger.delivered[name] < n
    }
    if short:
        more = f" and {len(short) - 5} more classes" if len(short) > 5 else ""
        say.text(f"short of what was asked: {'; '.join(list(short.values())[:5])}{more}")
    cost = ", ".join(f"{name} {n:,.4g}" for name, n in sorted(spent.items())) or "none, local"
    say.text(
        f"{came:,} of {asked:,} rows for {len(ledger.asked):,} classes in {seconds:.1f} s; cost: {cost}",
        str(output),
    )


@contextmanager
def _watched() -> Iterator[Callable[[Progress], None]]:
    """A live line, where a person is watching."""
    if not say.interactive():
        yield lambda progress: None
        return
    from rich.console import Console
    from rich.markup import escape

    start = time.perf_counter()

    def line(progress: Progress) -> str:
        left = ""
        if progress.classes:
            spent = time.perf_counter() - start
            seconds = int(spent / progress.classes * (progress.of_classes - progress.classes))
            left = f", about {seconds // 60}:{seconds % 60:02d} to go"
        return (
            f"{progress.classes} of {progress.of_classes} classes, {progress.rows:,} of "
            f"{progress.of_rows:,} rows{left}: {progress.name}"
        )

    with Console(stderr=True).status("reading") as status:
        yield lambda progress: status.update(escape(line(progress)))
