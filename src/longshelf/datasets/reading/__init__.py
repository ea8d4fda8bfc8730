"""Read a user's table whatever its format, and say what had to be decided on the way."""

from longshelf.datasets.reading.table import FORMATS, Table, read_table

__all__ = ["FORMATS", "Table", "read_table"]
