"""Rows to matrices: text, tables, ids. The namespace is the registry."""

from longshelf.features.base import Features, FittedFeatures
from longshelf.features.compute import Computed, compute
from longshelf.features.encoder import Encoder, MiniLm
from longshelf.features.tf_idf import TfIdf

__all__ = ["Computed", "Encoder", "Features", "FittedFeatures", "MiniLm", "TfIdf", "compute"]
