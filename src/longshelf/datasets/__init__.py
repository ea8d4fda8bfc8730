"""Data sets: one small file per source, the simulated shop, and the user's own files."""

from longshelf.datasets.base import DataSource
from longshelf.datasets.fashion import Fashion

__all__ = ["DataSource", "Fashion"]
