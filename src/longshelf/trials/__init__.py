"""Experiments on live traffic: who sees which arm, and what may be said about the difference."""

from longshelf.trials.allocation import Trial

__all__ = ["Trial"]
