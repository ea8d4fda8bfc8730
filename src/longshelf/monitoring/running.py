"""Window tables that grow with the events, batch by batch, and keep no event."""

from __future__ import annotations

import polars as pl

from longshelf.monitoring.labels import scores_of
from longshelf.monitoring.signals import Part
from longshelf.monitoring.windows import GOOD, PERSON, goods_of, people_of, with_windows
from longshelf.trials import COLUMNS, checked
from longshelf.trials.gathered import summed

__all__ = ["MOST", "Running"]

MOST = 240
"""Windows looked at besides the reference; older ones are left out."""

ARM = ("trial", "arm", "user")
SHARE = ("trial", "arm", "window")
LAW = (pl.col("least").min(), pl.col("most").max(), pl.col("blank").any())
KEYS: dict[str, tuple[tuple[str, ...], tuple[pl.Expr, ...]]] = {
    "people": (PERSON, ()), "goods": (GOOD, ()), "scores": (("window", "slice", "score"), ()),
    "answers": (("window",), ()), "shares": (SHARE, LAW),
}  # fmt: skip
"""What a row of each table stands for, and which columns are not summed."""

TABLES = (*KEYS, "clicked")


class Running:
    """What the monitor needs of all events so far, window by window.

    Folding events in batches gives the same tables as folding them at once. Memory grows with the
    windows kept, the reference and the last :data:`MOST`, and in each with its users, the items
    shown, scores to four digits and clicks; in all with the users of trials. It does not grow with
    exposures, and a window that is left out is gone.

    Parameters
    ----------
    seconds : float
        Length of a window.
    reference : int
        Windows everything is held against.
    """

    def __init__(self, seconds: float, reference: int) -> None:
        self.seconds, self.reference = seconds, reference
        self.latest, self.left_out = float("-inf"), 0
        self._gap: tuple[float, float] | None = None
        nobody = with_windows(checked(pl.DataFrame(schema=COLUMNS)), seconds)
        self.people, self.goods, self.scores = (
            people_of(nobody),
            goods_of(nobody, nobody),
            scores_of(nobody, nobody),
        )
        self.answers = _answers(nobody)
        self.arms, self.shares = _arms(nobody), _shares(nobody)
        self.clicked = nobody.select("window", click=_key())

    @property
    def starts(self) -> list[float]:
        """When each window kept began, in order."""
        return self.people["window"].unique().sort().to_list()

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(getattr(self, name).height for name in (*TABLES, "arms"))

    def fold(self, events: pl.DataFrame, lists: pl.DataFrame | None = None) -> Running:
        """Take events in; each must come once.

        Parameters
        ----------
        events : polars.DataFrame
            The table the service writes.
        lists : polars.DataFrame or None
            Exposures that came before and that acts among the events answer.
        """
        before = None if lists is None or not lists.height else checked(lists)
        new = checked(events)
        if before is not None:
            new = new.filter(~pl.col("event").is_in(before["event"].implode()))
        if not new.height:
            return self
        self.latest = max(self.latest, float(new["time"].max()))  # type: ignore[arg-type]
        both = with_windows(new if before is None else pl.concat([before, new]), self.seconds)
        if self._gap is not None:
            late = pl.col("window").is_between(*self._gap, closed="none")
            both = both.filter(~late)
        table = (
            both
            if before is None
            else both.filter(~pl.col("event").is_in(before["event"].implode()))
        )
        self._fold(table, self._clicked(both, table))
        self._leave_out()
        return self

    def _clicked(self, both: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
        """Exposures with a score whose first click is among the new events."""
        clicks = (
            table.filter(pl.col("kind") == "click")
            .with_columns(click=_key())
            .unique("click", keep="first", maintain_order=True)
            .join(self.clicked, on=["window", "click"], how="anti")
        )
        self.clicked = pl.concat([self.clicked, clicks.select("window", "click")])
        shown = both.filter(pl.col("kind") == "impression", pl.col("score").is_not_nan())
        return shown.join(clicks, on=["request", "item"], how="semi")

    def _fold(self, table: pl.DataFrame, clicked: pl.DataFrame) -> None:
        shown = table.filter(pl.col("kind") == "impression", pl.col("score").is_not_nan())
        more = {
            "people": people_of(table), "goods": goods_of(table, clicked),
            "scores": scores_of(shown, clicked), "answers": _answers(table),
            "shares": _shares(table),
        }  # fmt: skip
        for name, rows in more.items():
            setattr(self, name, _grown(getattr(self, name), rows, *KEYS[name]))
        self.arms = summed(self.arms, _arms(table), list(ARM), pl.col("window").min())

    def _leave_out(self) -> None:
        starts = self.starts
        extra = len(starts) - MOST - self.reference
        if extra <= 0:
            return
        gone = starts[self.reference : self.reference + extra]
        self.left_out += extra
        self._gap = (starts[self.reference - 1], starts[self.reference + extra])
        for name in TABLES:
            kept = getattr(self, name).filter(~pl.col("window").is_in(gone))
            setattr(self, name, kept)

    def part(self, starts: list[float]) -> Part:
        """What happened in some windows."""
        inside = pl.col("window").is_in(starts)
        return Part(
            people=self.people.filter(inside), goods=self.goods.filter(inside),
            answers=int(self.answers.filter(inside)["answers"].sum()),
        )  # fmt: skip


def _grown(
    before: pl.DataFrame, more: pl.DataFrame, keys: tuple[str, ...], law: tuple[pl.Expr, ...]
) -> pl.DataFrame:
    """A table with new rows; windows without any are left as they are."""
    new = pl.col("window").is_in(more["window"].unique().implode())
    return pl.concat(
        [before.filter(~new), summed(before.filter(new), more, list(keys), *law)],
        how="vertical_relaxed",
    )


def _key() -> pl.Expr:
    return pl.struct("request", "item").hash()


def _answers(table: pl.DataFrame) -> pl.DataFrame:
    shown = table.filter(pl.col("kind") == "impression")
    return shown.group_by("window").agg(answers=pl.col("request").n_unique().cast(pl.Int64))


def _trial(table: pl.DataFrame) -> pl.DataFrame:
    return table.filter(pl.col("kind") == "impression", pl.col("trial") != "", pl.col("user") != "")


def _arms(table: pl.DataFrame) -> pl.DataFrame:
    return _trial(table).group_by(ARM, maintain_order=True).agg(pl.col("window").min())


def _shares(table: pl.DataFrame) -> pl.DataFrame:
    share = pl.col("propensity")
    return _trial(table).group_by(SHARE, maintain_order=True).agg(
        share.min().alias("least"), share.max().alias("most"),
        share.is_nan().any().alias("blank"),
    )  # fmt: skip
