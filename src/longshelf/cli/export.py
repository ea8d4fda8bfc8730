"""``longshelf export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from longshelf.cli import say

__all__ = ["export"]


def export(
    run: Annotated[str, typer.Argument(help="A run's folder or address, such as runs/fashion.")],
    cell: Annotated[str, typer.Argument(help="A cell as the leaderboard names it, or its key.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the artifact.")],
    decision: Annotated[
        str | None, typer.Option(help="What decides: argmax, or tuned thresholds and costs.")
    ] = None,
    int8: Annotated[bool, typer.Option("--int8", help="Keep eight bits of each weight.")] = False,
    prune: Annotated[
        float, typer.Option(min=0, max=0.999, help="Share of the weights to leave out.")
    ] = 0.0,
    margin: Annotated[
        float, typer.Option(min=0.0001, help="Loss of a slice that counts as none.")
    ] = 0.01,
    key_file: Annotated[
        Path | None, typer.Option(help="Key of the pseudonyms; else LONGSHELF_KEY.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Of the fit; as the run had.")] = 1,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of an artifact that is there.")
    ] = False,
    data: Annotated[Path | None, typer.Option(help="Folder of the built-in data sets.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The card, as JSON.")] = False,
) -> None:
    """Freeze a finished cell as a folder that stands alone: model, card, schema, hashes."""
    import os

    if data is not None:
        os.environ["LONGSHELF_DATA"] = str(data)
    from longshelf.artifact import load
    from longshelf.artifact.compression import Compression
    from longshelf.artifact.export import export as freeze
    from longshelf.artifact.parity import OutOfMargin
    from longshelf.experiment.executor import limit_threads

    limit_threads(threads)
    try:
        place = freeze(
            run, cell, out, decision=decision, compression=Compression(int8=int8, prune=prune),
            margin=margin, key=_key(key_file), replace=replace,
        )  # fmt: skip
    except OutOfMargin as refused:
        say.text(str(refused))
        raise typer.Exit(1) from None
    read = load(place)
    if json:
        say.as_json(read.card)
        return
    size, speed = read.card["size"], read.card["latency"]
    say.text(
        f"{place}: {read.manifest['kind']}, {size['bytes']:,} bytes, one call in "
        f"{speed['median_ms']} ms",
        f"card: {place / 'card.md'}",
    )
    for line in read.card.get("gate", []):
        say.text(
            f"  {line['slice']:>6}: {line['metric']} {line['full']:.4f} to {line['small']:.4f}, "
            f"{line['verdict']}"
        )


def _key(path: Path | None) -> bytes | None:
    """The key where one is given; a classifier needs none."""
    import os

    from longshelf.artifact.pseudonym import KEY, read_key

    return read_key(path) if path is not None or os.environ.get(KEY) else None
