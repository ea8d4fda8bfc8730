"""Rows to matrices: text, tables, ids. The namespace is the registry."""

from longshelf.features.base import Features, FittedFeatures
from longshelf.features.bm25_score import Bm25Score
from longshelf.features.category import Category
from longshelf.features.combined import Combined
from longshelf.features.compute import Computed, compute
from longshelf.features.conditions import Conditions
from longshelf.features.encoder import Encoder, MiniLm
from longshelf.features.history import History
from longshelf.features.ids import Ids
from longshelf.features.name_hits import NameHits
from longshelf.features.nothing import Nothing
from longshelf.features.pair import Pair
from longshelf.features.tabular import Tabular
from longshelf.features.tf_idf import TfIdf
from longshelf.features.words import Words

__all__ = [
    "Bm25Score",
    "Category",
    "Combined",
    "Computed",
    "Conditions",
    "Encoder",
    "Features",
    "FittedFeatures",
    "History",
    "Ids",
    "MiniLm",
    "NameHits",
    "Nothing",
    "Pair",
    "Tabular",
    "TfIdf",
    "Words",
    "compute",
]
