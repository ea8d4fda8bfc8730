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
from longshelf.metrics.agreement import CohenKappa, Matthews, QuadraticKappa
from longshelf.metrics.base import Metric
from longshelf.metrics.calibration import ClasswiseEce, Ece
from longshelf.metrics.curves import Auprc, Auroc, Prevalence, RecallAtPrecision
from longshelf.metrics.evaluate import evaluate
from longshelf.metrics.likelihood import Brier, LogLoss, NetBenefit, OvrBrier, OvrLogLoss
from longshelf.metrics.lists import Aplt, Arp, Coverage, Gini, HitRate, Ndcg, Recall
from longshelf.metrics.loop import Survival, TailClicks, Welfare, WelfareShare
from longshelf.metrics.macro import (
    BalancedAccuracy,
    GeometricMean,
    MacroF1,
    MacroPrecision,
    MacroRecall,
)
from longshelf.metrics.measured import Measured as Measured
from longshelf.metrics.ranking import evaluate_ranking
from longshelf.metrics.texts import Distinct, evaluate_texts
from longshelf.metrics.top import Psp, TopAccuracy
from longshelf.metrics.value_errors import GeometricMeanError, Mae, Rmse

__all__ = [
    "Accuracy",
    "Aplt",
    "Arp",
    "Auprc",
    "Auroc",
    "BalancedAccuracy",
    "Brier",
    "ClasswiseEce",
    "CohenKappa",
    "Coverage",
    "Distinct",
    "Ece",
    "ExpectedCost",
    "GeometricMean",
    "GeometricMeanError",
    "Gini",
    "HitRate",
    "LogLoss",
    "MacroF1",
    "MacroPrecision",
    "MacroRecall",
    "Mae",
    "Matthews",
    "Metric",
    "MicroF1",
    "MicroPrecision",
    "MicroRecall",
    "Ndcg",
    "NetBenefit",
    "OvrBrier",
    "OvrLogLoss",
    "Prevalence",
    "Psp",
    "QuadraticKappa",
    "Recall",
    "RecallAtPrecision",
    "Rmse",
    "Survival",
    "TailClicks",
    "TopAccuracy",
    "WeightedF1",
    "WeightedPrecision",
    "WeightedRecall",
    "Welfare",
    "WelfareShare",
    "evaluate",
    "evaluate_ranking",
    "evaluate_texts",
]
