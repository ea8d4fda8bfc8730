"""What trials need of the events, gathered batch by batch: rows per user, none per event."""

from __future__ import annotations

import polars as pl

from longshelf.errors import InputError, unknown
from longshelf.trials.from_events import ACTS, SLICES

__all__ = ["Gathered", "summed"]

USER = ("trial", "user", "arm")
VOTE = ("trial", "user", "visit", "arm")
SURE = 100
"""Answers after which a trial that is not interleaved is taken to stay so."""
COUNTED = (*ACTS.values(), *(f"{name} {at}" for name in ACTS.values() for at in SLICES))


def summed(
    before: pl.DataFrame | None, more: pl.DataFrame, keys: list[str], *law: pl.Expr
) -> pl.DataFrame:
    """Two tables with rows of the same keys made one; every other column is summed.

    Parameters
    ----------
    before : polars.DataFrame or None
        What there is.
    more : polars.DataFrame
        What is added.
    keys : list of str
        Of a row.
    *law : polars.Expr
        Of columns that are not to be summed.
    """
    if before is None or not before.height:
        return more
    other = {one.meta.output_name() for one in law}
    sums = [pl.col(name).sum() for name in more.columns if name not in {*keys, *other}]
    both = pl.concat([before, more], how="vertical_relaxed")
    return both.group_by(keys, maintain_order=True).agg(*sums, *law).select(more.columns)


class Gathered:
    """Trials so far: what each user saw and did, and how each voted.

    Memory is a row per user and arm, and one per anonymous visit of an interleaved trial; what a
    user clicked before a trial is kept per slice. A trial begins with the first of its events in
    the batch that brings it.
    """

    def __init__(self) -> None:
        self._users: pl.DataFrame | None = None
        self._clicks: pl.DataFrame | None = None
        self._votes: pl.DataFrame | None = None
        self._before: dict[str, pl.DataFrame] = {}
        self._answers: dict[str, tuple[int, int]] = {}

    @property
    def trials(self) -> list[str]:
        """Names, in order."""
        return sorted(self._before)

    def chosen(self, name: str | None) -> str:
        """The trial asked for, or the only one there is.

        Raises
        ------
        InputError
            No such trial, none at all, or several and none asked for.
        """
        known = self.trials
        if name is not None and name not in known:
            raise unknown("trial", name, known)
        if name is None and len(known) != 1:
            raise InputError(
                f"the events hold {len(known)} trials ({', '.join(known) or 'none'}); name one of "
                "them"
            )
        return name or known[0]

    def add(self, events: pl.DataFrame) -> Gathered:
        """Take events in; each must come once.

        Parameters
        ----------
        events : polars.DataFrame
            From :func:`~longshelf.trials.from_events.checked`.
        """
        clicks = events.filter(pl.col("kind") == "click", pl.col("user") != "")
        part = events.filter(pl.col("trial") != "")
        for name in part["trial"].unique(maintain_order=True):
            if name not in self._before:
                start = part.filter(pl.col("trial") == name)["time"].min()
                earlier = _clicks(clicks.filter(pl.col("time") < start))
                self._before[name] = summed(self._clicks, earlier, ["user", "slice"])
        self._clicks = summed(self._clicks, _clicks(clicks), ["user", "slice"])
        if part.height:
            self._add_users(part.filter(pl.col("user") != ""))
            self._add_votes(part)
        return self

    def _add_users(self, part: pl.DataFrame) -> None:
        of = {name: pl.col("kind") == kind for kind, name in ACTS.items()}
        counts = [is_.sum().cast(pl.Int64).alias(name) for name, is_ in of.items()]
        cut = [
            (is_ & (pl.col("slice") == at)).sum().cast(pl.Int64).alias(f"{name} {at}")
            for name, is_ in of.items()
            for at in SLICES
        ]
        share = pl.col("propensity")
        more = part.group_by(USER, maintain_order=True).agg(
            pl.col("group").first(), share.min().alias("least"), share.max().alias("most"),
            *counts, *cut,
        )  # fmt: skip
        law = (pl.col("group").first(), pl.col("least").min(), pl.col("most").max())
        self._users = summed(self._users, more, list(USER), *law)

    def _add_votes(self, part: pl.DataFrame) -> None:
        """Clicks by arm of every visit; of one user's all together."""
        shown = part.filter(pl.col("kind") == "impression")
        mixed = shown.group_by("trial", "request").agg(mixed=pl.col("arm").n_unique() > 1)
        for name, answers, several in (
            mixed.group_by("trial").agg(pl.len(), pl.col("mixed").sum()).iter_rows()
        ):
            before = self._answers.get(name, (0, 0))
            self._answers[name] = before[0] + answers, before[1] + several
        undecided = [name for name in self.trials if self._undecided(name)]
        own = part.with_columns(user=pl.col("user").first().over("trial", "request"))
        more = (
            own.filter(pl.col("trial").is_in(undecided))
            .with_columns(visit=pl.when(pl.col("user") == "").then("request").otherwise(pl.lit("")))
            .group_by(VOTE, maintain_order=True)
            .agg(clicks=(pl.col("kind") == "click").sum().cast(pl.Float64))
        )
        kept = summed(self._votes, more, list(VOTE))
        self._votes = kept.filter(pl.col("trial").is_in(undecided))

    def _undecided(self, name: str) -> bool:
        answers = self._answers.get(name, (0, 0))[0]
        return answers < SURE or self.interleaved(name)

    def interleaved(self, trial: str) -> bool:
        """Whether most answers of a trial show items of more than one arm."""
        answers, mixed = self._answers.get(trial, (0, 0))
        return mixed > answers / 2

    def per_user(self, trial: str) -> pl.DataFrame:
        """One row per user and arm of a trial: what they were shown and did, in all and by slice.

        Users are counted from the trial's first exposure on; ``before`` is what they clicked
        earlier.

        Parameters
        ----------
        trial : str
            Which.

        Returns
        -------
        polars.DataFrame
            ``user``, ``arm``, ``group``, ``arms`` (how many the user saw), ``least`` and ``most``
            (propensities), ``before``, ``taste`` (the slice most clicked before, "" unknown), and
            ``shown``, ``clicks``, ``carts``, ``purchases``, each also as ``shown head`` and so on.
        """
        if self._users is None:
            raise unknown("trial", trial, self.trials)
        before = (
            self._before[trial].sort("user", "n", "slice", descending=[False, True, False])
            .group_by("user", maintain_order=True)
            .agg(before=pl.col("n").sum().cast(pl.Float64), taste=pl.col("slice").first())
        )  # fmt: skip
        return (
            self._users.filter(pl.col("trial") == trial, pl.col("shown") > 0)
            .drop("trial")
            .join(before, on="user", how="left", maintain_order="left")
            .with_columns(
                pl.col("before").fill_null(0.0),
                pl.col("taste").fill_null(""),
                arms=pl.len().over("user"),
            )
        )

    def votes(self, trial: str, plain: str) -> pl.DataFrame:
        """Credit of an interleaved trial: clicks on other arms' items less those on plain's.

        Returns
        -------
        polars.DataFrame
            ``user``, ``visit`` and ``vote``; a user's visits are one, an anonymous one stands alone.
        """
        side = pl.when(pl.col("arm") == plain).then(-1.0).otherwise(1.0)
        if self._votes is None:
            raise unknown("trial", trial, self.trials)
        return (
            self._votes.filter(pl.col("trial") == trial)
            .group_by("user", "visit", maintain_order=True)
            .agg(vote=(side * pl.col("clicks")).sum())
        )


def _clicks(clicks: pl.DataFrame) -> pl.DataFrame:
    return clicks.group_by("user", "slice", maintain_order=True).agg(n=pl.len().cast(pl.Int64))
