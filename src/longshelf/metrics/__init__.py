"""Every metric, with its definition. Adding one is one file and one line here."""

from longshelf.metrics.accuracy import (
    Accuracy,
    ExpectedCost,
    MicroF1,
    MicroPrecision,
    MicroRecall,
    WeightedF1,
    WeightedPrecision,
    WeightedRecall,
)
from longshelf.metrics.base import Metric
from longshelf.metrics.evaluate import evaluate
from longshelf.metrics.macro import (
    BalancedAccuracy,
    GeometricMean,
    MacroF1,
    MacroPrecision,
    MacroRecall,
)

__all__ = [
    "Accuracy",
    "BalancedAccuracy",
    "ExpectedCost",
    "GeometricMean",
    "MacroF1",
    "MacroPrecision",
    "MacroRecall",
    "Metric",
    "MicroF1",
    "MicroPrecision",
    "MicroRecall",
    "WeightedF1",
    "WeightedPrecision",
    "WeightedRecall",
    "evaluate",
]
