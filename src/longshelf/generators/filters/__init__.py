"""What drafts must pass, in the order written. Adding one is one file and one line here."""

from longshelf.generators.filters.base import Batch, Filter, Judge, Judged
from longshelf.generators.filters.length import Length

__all__ = [
    "Batch",
    "Filter",
    "Judge",
    "Judged",
    "Length",
]
