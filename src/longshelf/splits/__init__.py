"""Ways to divide rows; equal texts stay on one side unless the name says otherwise."""

from longshelf.splits.base import Assignment, Split
from longshelf.splits.by_time import ByTime
from longshelf.splits.grouped import ByQuery, Grouped
from longshelf.splits.k_fold import KFold
from longshelf.splits.naive_random import NaiveRandom
from longshelf.splits.published import Published
from longshelf.splits.stratified import Stratified

__all__ = [
    "Assignment",
    "ByQuery",
    "ByTime",
    "Grouped",
    "KFold",
    "NaiveRandom",
    "Published",
    "Split",
    "Stratified",
]
