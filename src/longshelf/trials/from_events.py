"""From the service's table of events to one row per user of a trial."""

from __future__ import annotations

import polars as pl

from longshelf.errors import InputError, unknown

__all__ = ["COLUMNS", "checked", "chosen_trial", "interleaved", "per_user", "votes_of"]

COLUMNS = {
    "event": pl.String, "time": pl.Float64, "kind": pl.String, "request": pl.String,
    "user": pl.String, "item": pl.String, "position": pl.Int64, "slice": pl.String,
    "trial": pl.String, "arm": pl.String, "propensity": pl.Float64, "score": pl.Float64,
    "surface": pl.String, "group": pl.String,
}  # fmt: skip
"""The events that trials and monitoring read: a row per item shown or acted on."""

MISSING: dict[type[pl.DataType], str | float] = {pl.String: "", pl.Float64: float("nan")}
ACTS = {"impression": "shown", "click": "clicks", "cart": "carts", "purchase": "purchases"}
SLICES = ("head", "torso", "tail")


def checked(events: pl.DataFrame) -> pl.DataFrame:
    """Events in the columns of :data:`COLUMNS`, repeats of an event left out, in order of time.

    Raises
    ------
    InputError
        A column is missing or of another kind, or an event is of an unknown kind.
    """
    missing = [name for name in COLUMNS if name not in events.columns]
    if missing:
        raise InputError(
            f"events lack {', '.join(missing)}; wanted the table the service writes: "
            f"{', '.join(COLUMNS)}"
        )
    try:
        table = events.select(
            pl.col(name).cast(kind).fill_null(MISSING.get(kind)) if kind in MISSING
            else pl.col(name).cast(kind)
            for name, kind in COLUMNS.items()
        )  # fmt: skip
    except pl.exceptions.PolarsError as error:
        raise InputError(f"events hold values of another kind: {error}") from error
    strange = set(table["kind"].unique()) - set(ACTS)
    if strange:
        raise unknown("kind of event", sorted(map(str, strange))[0], ACTS)
    return table.unique("event", keep="first", maintain_order=True).sort(
        "time", maintain_order=True
    )


def chosen_trial(events: pl.DataFrame, name: str | None) -> str:
    """The trial asked for, or the only one there is.

    Raises
    ------
    InputError
        No such trial, none at all, or several and none asked for.
    """
    known = events.filter(pl.col("trial") != "")["trial"].unique().sort().to_list()
    if name is not None and name not in known:
        raise unknown("trial", name, known)
    if name is None and len(known) != 1:
        raise InputError(
            f"the events hold {len(known)} trials ({', '.join(known) or 'none'}); name one of them"
        )
    return name or str(known[0])


def interleaved(events: pl.DataFrame, trial: str) -> bool:
    """Whether most answers of a trial show items of more than one arm."""
    shown = events.filter(pl.col("trial") == trial, pl.col("kind") == "impression")
    mixed = shown.group_by("request").agg(pl.col("arm").n_unique() > 1)["arm"]
    return bool(len(mixed) and mixed.mean() > 0.5)  # type: ignore[operator]


def per_user(events: pl.DataFrame, trial: str) -> pl.DataFrame:
    """One row per user and arm of a trial: what they were shown and did, in all and by slice.

    Users are counted from the trial's first exposure on; ``before`` is what they clicked earlier.

    Parameters
    ----------
    events : polars.DataFrame
        From :func:`checked`.
    trial : str
        Which.

    Returns
    -------
    polars.DataFrame
        ``user``, ``arm``, ``group``, ``arms`` (how many the user saw), ``least`` and ``most``
        (propensities), ``before``, ``taste`` (the slice most clicked before, "" unknown), and ``shown``, ``clicks``, ``carts``, ``purchases``, each also as
        ``shown head`` and so on.
    """
    known = pl.col("user") != ""
    part = events.filter(pl.col("trial") == trial, known)
    counts = [(pl.col("kind") == kind).sum().alias(name) for kind, name in ACTS.items()]
    cut = [
        ((pl.col("kind") == kind) & (pl.col("slice") == at)).sum().alias(f"{name} {at}")
        for kind, name in ACTS.items()
        for at in SLICES
    ]
    users = part.group_by("user", "arm", maintain_order=True).agg(
        pl.col("group").first(),
        pl.col("propensity").min().alias("least"),
        pl.col("propensity").max().alias("most"),
        *counts,
        *cut,
    )
    start = part["time"].min()
    earlier = events.filter(pl.col("kind") == "click", known, pl.col("time") < start)
    before = earlier.group_by("user").agg(
        before=pl.len().cast(pl.Float64), taste=pl.col("slice").sort().mode().first()
    )
    return (
        users.filter(pl.col("shown") > 0)
        .join(before, on="user", how="left", maintain_order="left")
        .with_columns(
            pl.col("before").fill_null(0.0),
            pl.col("taste").fill_null(""),
            arms=pl.len().over("user"),
        )
    )


def votes_of(events: pl.DataFrame, trial: str, plain: str) -> pl.DataFrame:
    """Credit per answer of an interleaved trial: clicks on other arms' items less those on plain's.

    Returns
    -------
    polars.DataFrame
        ``request``, ``user`` and ``vote``.
    """
    side = pl.when(pl.col("arm") == plain).then(-1.0).otherwise(1.0)
    clicked = pl.col("kind") == "click"
    return (
        events.filter(pl.col("trial") == trial)
        .group_by("request", maintain_order=True)
        .agg(pl.col("user").first(), vote=pl.when(clicked).then(side).otherwise(0.0).sum())
    )
