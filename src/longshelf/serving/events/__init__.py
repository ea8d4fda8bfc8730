"""What was shown and what people did with it: an act is stored before it is acknowledged."""

from longshelf.serving.events.open import open_events
from longshelf.serving.events.record import COLUMNS, KINDS, Line, Record, exposure, new_id
from longshelf.serving.events.store import Away, Events, Refused
from longshelf.serving.events.writer import Full, Unsaved, Writer

__all__ = [
    "COLUMNS",
    "KINDS",
    "Away",
    "Events",
    "Full",
    "Line",
    "Record",
    "Refused",
    "Unsaved",
    "Writer",
    "exposure",
    "new_id",
    "open_events",
]
