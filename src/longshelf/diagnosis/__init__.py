"""How imbalanced data are, where, and what to look at first."""

from longshelf.diagnosis.diagnosis import Diagnosis, diagnose

__all__ = ["Diagnosis", "diagnose"]
