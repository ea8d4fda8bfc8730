"""What users did lately, and who is to be forgotten: read from the events all workers share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

from longshelf.serving.events import Events

__all__ = ["News", "Touches"]

LAST = 50
"""Items remembered of a user."""

AGAIN = 10_000
"""Rows read again when somebody was forgotten: SQLite gives the numbers of deleted rows anew."""


class News(NamedTuple):
    """Acts (user, item) in the order written, and who was forgotten, with the moment of it."""

    acts: list[tuple[str, str]]
    forgotten: Mapping[str, float]


class Touches:
    """Items each user acted on since the artifact was made, latest last.

    Parameters
    ----------
    users : int, default 100_000
        Users remembered; whoever did nothing for longest is dropped first.
    """

    def __init__(self, users: int = 100_000) -> None:
        self.users = users
        self.forgotten: Mapping[str, float] = {}
        self._told = False
        self._mark = -1
        self._items: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def of(self, user: str) -> tuple[str, ...]:
        """Items of a user."""
        return self._items.get(user, ())

    def known(self, user: str) -> str:
        """Whom an artifact may answer for: "" of those who were forgotten.

        Until the events could be read once nobody knows who was, and everybody is "".
        """
        return user if self._told and user not in self.forgotten else ""

    def add(self, user: str, item: str) -> None:
        """Remember an act; an item acted on again becomes the latest."""
        if not user:
            return
        before = tuple(one for one in self._items.get(user, ()) if one != item)
        self._items[user] = (*before, item)[-LAST:]
        self._items.move_to_end(user)
        while len(self._items) > self.users:
            self._items.popitem(last=False)

    def news(self, events: Events, back: int = 1_000_000) -> News:
        """What any worker wrote since the last time; at first the last so many rows.

        Raises
        ------
        Away
            If the database does not answer.
        """
        if self._mark < 0:
            self._mark = events.mark(back)
        forgotten = events.forgotten()
        if dict(forgotten) != self.forgotten:
            self._mark = max(0, min(self._mark, events.mark()) - AGAIN)
        acts: list[tuple[str, str]] = []
        while True:
            self._mark, some = events.touches(self._mark)
            acts += some
            if not some:
                return News(acts, forgotten)

    def learn(self, news: News) -> None:
        """Take in what was read; what a forgotten user did since then counts again."""
        for user, moment in news.forgotten.items():
            if self.forgotten.get(user) != moment:
                self._items.pop(user, None)
        self.forgotten, self._told = news.forgotten, True
        for user, item in news.acts:
            self.add(user, item)
