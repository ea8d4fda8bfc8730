"""``longshelf update``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longshelf.cli import say
from longshelf.cli.events import Address, forgotten_in, read_events

if TYPE_CHECKING:
    import polars as pl

    from longshelf.serving.update import Outcome, Update

__all__ = ["update"]


def update(
    artifact: Annotated[Path, typer.Argument(help="A recommender made by longshelf export.")],
    events: Address,
    output: Annotated[
        Path | None, typer.Option("-o", "--out", help="Where to write; its own place if not given.")
    ] = None,
    add: Annotated[
        Path | None,
        typer.Option(help="New items: item, title, category and price; .parquet or .csv."),
    ] = None,
    held: Annotated[float, typer.Option(help="Share of the acts, the latest, that judge.")] = 0.2,
    margin: Annotated[float, typer.Option(help="Recall a slice may lose.")] = 0.01,
    every: Annotated[
        int, typer.Option(help="Go on: learn again whenever so many acts have come; 0 is once.")
    ] = 0,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Learn from feedback; what lost on head, torso or tail is rolled back and exits 1."""
    from longshelf.artifact import Recommender, load
    from longshelf.errors import InputError
    from longshelf.serving.update import ACTS, Update

    rule, base, seen = Update(held=held, margin=margin), load(artifact), 0
    if not isinstance(base, Recommender):
        raise InputError(f"{artifact} holds no recommender; only those learn from feedback")
    while True:
        happened = read_events(events)
        acts = int(happened["kind"].is_in(ACTS).sum())
        if acts - seen >= max(every, 1) or not every:
            outcome = rule.learn(base.without(forgotten_in(events)), happened, _items(add))
            _told(outcome, rule, json=json)
            if outcome.ships:
                _write(outcome, output or artifact)
            seen = acts
            if not every:
                raise typer.Exit(0 if outcome.ships else 1)
        time.sleep(5)


def _items(path: Path | None) -> pl.DataFrame | None:
    import polars as pl

    if path is None:
        return None
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)


def _write(outcome: Outcome, place: Path) -> None:
    from dataclasses import asdict

    from longshelf.artifact import save_recommender

    made = outcome.made
    learned = {"acts": outcome.learned, "held": outcome.held, "users": outcome.users,
               "items": outcome.items, "slices": [asdict(one) for one in outcome.slices]}  # fmt: skip
    save_recommender(
        place, name=str(made.manifest["name"]), card={**made.card, "updated": learned},
        catalogue=made.catalogue, items=made.items, users=made.users, vectors=made.vectors,
        seen=made.seen, text=made.text, encoder=made.encoder, replace=True,
    )  # fmt: skip
    say.text(f"written to {place}")


def _told(outcome: Outcome, rule: Update, *, json: bool) -> None:
    if json:
        say.as_json({"ships": outcome.ships, "said": outcome.sentence()})
        return
    say.text(outcome.sentence())
    say.table(
        f"recall of the acts kept, in lists of {rule.k}",
        ("slice", "acts", "before", "after", "verdict"),
        [(one.slice, one.support, one.full, one.small, one.verdict) for one in outcome.slices],
    )
