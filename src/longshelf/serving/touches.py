"""What users did lately, and who is to be forgotten: read from the events all workers share."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from longshelf.serving.events import Events

__all__ = ["News", "Touches"]

LAST = 50
"""Items remembered of a user."""


class News(NamedTuple):
    """Acts (user, item) in the order written, and all who are to be treated as unknown."""

    acts: list[tuple[str, str]]
    forgotten: set[str]


class Touches:
    """Items each user acted on since the artifact was made, latest last.

    Parameters
    ----------
    users : int, default 100_000
        Users remembered; whoever did nothing for longest is dropped first.
    """

    def __init__(self, users: int = 100_000) -> None:
        self.users = users
        self.forgotten: set[str] = set()
        self._mark = -1
        self._items: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def of(self, user: str) -> tuple[str, ...]:
        """Items of a user."""
        return self._items.get(user, ())

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
        acts: list[tuple[str, str]] = []
        while True:
            self._mark, some = events.touches(self._mark)
            acts += some
            if not some:
                return News(acts, events.forgotten())

    def learn(self, news: News) -> None:
        """Take in what was read."""
        for user, item in news.acts:
            self.add(user, item)
        for user in news.forgotten - self.forgotten:
            self._items.pop(user, None)
        self.forgotten = news.forgotten
