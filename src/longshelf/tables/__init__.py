"""The frozen tables that flow through LongShelf, in the order they flow.

``Dataset`` → ``Rows`` + ``Targets`` → ``Predictions`` or ``Ranking`` → ``Results``.
Arrays are NumPy; frames are Polars. Nothing here computes anything a reader could not guess.
"""

from longshelf.tables.arrays import BoolArray, FloatArray, IntArray, Matrix, stack, take
from longshelf.tables.dataset import Card, Dataset, Schema
from longshelf.tables.predicted import Context, Predictions, Ranking, Scored
from longshelf.tables.rows import Resampled, Rows, Valid, join
from longshelf.tables.targets import Kind, Targets

__all__ = [
    "BoolArray",
    "Card",
    "Context",
    "Dataset",
    "FloatArray",
    "IntArray",
    "Kind",
    "Matrix",
    "Predictions",
    "Ranking",
    "Resampled",
    "Rows",
    "Schema",
    "Scored",
    "Targets",
    "Valid",
    "join",
    "stack",
    "take",
]
