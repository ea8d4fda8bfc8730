"""The quick way: the rivals and the most promising remedies on one's own data, within a time."""

from longshelf.quickway.suite import in_seconds, quick_suite

__all__ = ["in_seconds", "quick_suite"]
