"""What drafts must pass, in the order written. Adding one is one file and one line here."""

from longshelf.generators.filters.banned import Banned
from longshelf.generators.filters.base import Batch, Filter, Judge, Judged
from longshelf.generators.filters.class_consistent import ClassConsistent
from longshelf.generators.filters.discriminator import Discriminator
from longshelf.generators.filters.diverse import Diverse
from longshelf.generators.filters.language import Language
from longshelf.generators.filters.length import Length
from longshelf.generators.filters.near_duplicate import NearDuplicate

__all__ = [
    "Banned",
    "Batch",
    "ClassConsistent",
    "Discriminator",
    "Diverse",
    "Filter",
    "Judge",
    "Judged",
    "Language",
    "Length",
    "NearDuplicate",
]
