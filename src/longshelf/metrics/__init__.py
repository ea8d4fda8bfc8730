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
from longshelf.metrics.clusters import (
    BCubedF1,
    BCubedPrecision,
    BCubedRecall,
    Completeness,
    Homogeneity,
    PairF1,
    PairPrecision,
    PairRecall,
    VMeasure,
)
from longshelf.metrics.curves import Auprc, Auroc, Prevalence, RecallAtPrecision
from longshelf.metrics.evaluate import evaluate
from longshelf.metrics.likelihood import Brier, LogLoss, NetBenefit, OvrBrier, OvrLogLoss
from longshelf.metrics.lists.catalogue import Coverage, ExposureGini, Gini, ShannonEntropy
from longshelf.metrics.lists.diversity import IntraListDiversity
from longshelf.metrics.lists.early import Map, MapMin, Mrr, Ndcg, NdcgExp
from longshelf.metrics.lists.exposure import ExpectedExposureLoss
from longshelf.metrics.lists.found import HitRate, Precision, Recall
from longshelf.metrics.lists.impressions import Gauc, Judged
from longshelf.metrics.lists.opportunity import PopReo, PopRsp, PopularityRankCorrelation
from longshelf.metrics.lists.propensity import NdcgIps, RecallIps
from longshelf.metrics.lists.shown import Aclt, Aplt, Arp, Novelty
from longshelf.metrics.lists.taste import Miscalibration, PopularityLift
from longshelf.metrics.logged import ClickRateIps, LogLossIps, PolicyValue
from longshelf.metrics.loop import Survival, TailClicks, Welfare, WelfareShare
from longshelf.metrics.macro import (
    BalancedAccuracy,
    GeometricMean,
    MacroF1,
    MacroPrecision,
    MacroRecall,
)
from longshelf.metrics.measured import Measured as Measured
from longshelf.metrics.partitions import evaluate_clusters
from longshelf.metrics.ranking import evaluate_ranking
from longshelf.metrics.texts.consistency import ClassConsistency
from longshelf.metrics.texts.dispersion import EmbeddingDispersion
from longshelf.metrics.texts.diversity import Distinct, SelfBleu, VocabularyGrowth
from longshelf.metrics.texts.evaluate import evaluate_texts
from longshelf.metrics.texts.faithful import AttributeCoverage, Contradiction
from longshelf.metrics.texts.fluency import Perplexity
from longshelf.metrics.texts.novelty import Copied, NearTest, NearTrain
from longshelf.metrics.texts.overlap import Bleu, Chrf, RougeL
from longshelf.metrics.top import Psp, TopAccuracy
from longshelf.metrics.value_errors import GeometricMeanError, Mae, Rmse

__all__ = [
    "Accuracy",
    "Aclt",
    "Aplt",
    "Arp",
    "AttributeCoverage",
    "Auprc",
    "Auroc",
    "BCubedF1",
    "BCubedPrecision",
    "BCubedRecall",
    "BalancedAccuracy",
    "Bleu",
    "Brier",
    "Chrf",
    "ClassConsistency",
    "ClasswiseEce",
    "ClickRateIps",
    "CohenKappa",
    "Completeness",
    "Contradiction",
    "Copied",
    "Coverage",
    "Distinct",
    "Ece",
    "EmbeddingDispersion",
    "ExpectedCost",
    "ExpectedExposureLoss",
    "ExposureGini",
    "Gauc",
    "GeometricMean",
    "GeometricMeanError",
    "Gini",
    "HitRate",
    "Homogeneity",
    "IntraListDiversity",
    "Judged",
    "LogLoss",
    "LogLossIps",
    "MacroF1",
    "MacroPrecision",
    "MacroRecall",
    "Mae",
    "Map",
    "MapMin",
    "Matthews",
    "Metric",
    "MicroF1",
    "MicroPrecision",
    "MicroRecall",
    "Miscalibration",
    "Mrr",
    "Ndcg",
    "NdcgExp",
    "NdcgIps",
    "NearTest",
    "NearTrain",
    "NetBenefit",
    "Novelty",
    "OvrBrier",
    "OvrLogLoss",
    "PairF1",
    "PairPrecision",
    "PairRecall",
    "Perplexity",
    "PolicyValue",
    "PopReo",
    "PopRsp",
    "PopularityLift",
    "PopularityRankCorrelation",
    "Precision",
    "Prevalence",
    "Psp",
    "QuadraticKappa",
    "Recall",
    "RecallAtPrecision",
    "RecallIps",
    "Rmse",
    "RougeL",
    "SelfBleu",
    "ShannonEntropy",
    "Survival",
    "TailClicks",
    "TopAccuracy",
    "VMeasure",
    "VocabularyGrowth",
    "WeightedF1",
    "WeightedPrecision",
    "WeightedRecall",
    "Welfare",
    "WelfareShare",
    "evaluate",
    "evaluate_clusters",
    "evaluate_ranking",
    "evaluate_texts",
]
