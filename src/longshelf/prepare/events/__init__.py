"""Raw event logs become interactions: Ibis expressions, DuckDB here and Spark on a cluster."""

from longshelf.prepare.events.about import Prepared, Step
from longshelf.prepare.events.columns import Columns
from longshelf.prepare.events.duck import DuckDb
from longshelf.prepare.events.preparation import Preparation, prepare_events
from longshelf.prepare.events.spark import Spark

__all__ = ["Columns", "DuckDb", "Preparation", "Prepared", "Spark", "Step", "prepare_events"]
