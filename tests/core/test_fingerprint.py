"""What makes data equal."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from longshelf.tables import Card, Dataset, Schema

TITLES = pl.DataFrame({"title": ["red shoe", "blue bag"], "kind": ["shoe", "bag"]})


@dataclass(frozen=True, kw_only=True)
class LaterSchema(Schema):
    """Of a release that knows one role more."""

    shelf: str | None = None


def of(schema: Schema, rows: pl.DataFrame = TITLES) -> str:
    card = Card(title="two products", licence="own")
    return Dataset(name="two", rows=rows, schema=schema, card=card).fingerprint


def test_a_role_these_data_do_not_name_leaves_their_fingerprint_alone():
    """Every random stream starts from it: a release that adds a role must not redraw them all."""
    now = of(Schema(label=("kind",), text=("title",)))
    assert of(LaterSchema(label=("kind",), text=("title",))) == now
    assert of(LaterSchema(label=("kind",), text=("title",), shelf="kind")) != now


def test_rows_and_roles_make_the_fingerprint():
    schema = Schema(label=("kind",), text=("title",))
    assert of(schema) != of(Schema(label=("kind",), categorical=("title",)))
    assert of(schema) != of(schema, TITLES.reverse())
    assert of(schema) == of(schema, TITLES.clone())
