"""Ways to divide rows; equal texts stay on one side unless the name says otherwise."""

from longshelf.splits.base import Assignment, Split
from longshelf.splits.by_time import ByTime
from longshelf.splits.cold_item import ColdItem
from longshelf.splits.cold_user import ColdUser
from longshelf.splits.fewer import Fewer
from longshelf.splits.grouped import ByQuery, Grouped
from longshelf.splits.intervened import Intervened
from longshelf.splits.k_fold import KFold
from longshelf.splits.leave_last_out import LeaveLastOut
from longshelf.splits.naive_random import NaiveRandom
from longshelf.splits.per_user_ratio import PerUserRatio
from longshelf.splits.published import Published
from longshelf.splits.shifted import Shifted
from longshelf.splits.stratified import Stratified

__all__ = [
    "Assignment",
    "ByQuery",
    "ByTime",
    "ColdItem",
    "ColdUser",
    "Fewer",
    "Grouped",
    "Intervened",
    "KFold",
    "LeaveLastOut",
    "NaiveRandom",
    "PerUserRatio",
    "Published",
    "Shifted",
    "Split",
    "Stratified",
]
