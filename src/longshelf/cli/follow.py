"""Events read as they come: only what is new since the last look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longshelf.cli.events import is_file, opened, read_events

if TYPE_CHECKING:
    from longshelf.monitoring import Running
    from longshelf.trials.gathered import Gathered

__all__ = ["Follower"]


class Follower:
    """Window tables and trials of the events behind an address.

    A database is read from where the last look ended, by the number of its rows. When somebody was
    forgotten, what was gathered may hold them: it is thrown away, and all is read again. A file is
    read whole at every look.

    Parameters
    ----------
    address : str
        A database, or a file of events.
    since : float
        Seconds UTC; what came before is left out.
    seconds : float
        Length of a window.
    reference : int
        Windows everything is held against.
    """

    def __init__(self, address: str, since: float, seconds: float, reference: int) -> None:
        self.address, self.since = address, since
        self.seconds, self.reference = seconds, reference
        self.rows = 0
        self._forgotten: dict[str, float] = {}
        self._begin()

    def _begin(self) -> None:
        from longshelf.monitoring import Running
        from longshelf.trials.gathered import Gathered

        self.running: Running = Running(self.seconds, self.reference)
        self.trials: Gathered = Gathered()
        self._mark = 0

    def look(self) -> None:
        """Take in what is new.

        Raises
        ------
        InputError
            Nothing is there.
        """
        from longshelf.trials import checked

        if is_file(self.address):
            table = read_events(self.address, self.since)
            self._begin()
            self.running.fold(table)
            self.trials.add(checked(table))
            return
        store = opened(self.address)
        try:
            if (forgotten := store.forgotten()) != self._forgotten:
                self._begin()
                self._forgotten = forgotten
            while True:
                mark, events, lists = store.after(self._mark, self.since)
                if mark == self._mark:
                    return
                self._mark, self.rows = mark, self.rows + events.height
                self.running.fold(events, lists)
                self.trials.add(checked(events))
        finally:
            store.close()
