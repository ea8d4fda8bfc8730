"""Every remedy, by the name its paper gave it. Adding one is one file and one line here."""

from longshelf.strategies.base import Stage, Strategy
from longshelf.strategies.chain import Chain
from longshelf.strategies.ensemble.balanced_bagging import BalancedBagging
from longshelf.strategies.ensemble.easy_ensemble import EasyEnsemble
from longshelf.strategies.ensemble.self_paced import SelfPaced
from longshelf.strategies.expand.ngram_expansion import NgramExpansion
from longshelf.strategies.logits.balanced_softmax import BalancedSoftmax
from longshelf.strategies.logits.ldam import Ldam
from longshelf.strategies.logits.log_q import LogQ
from longshelf.strategies.logits.logit_adjusted import LogitAdjusted
from longshelf.strategies.logits.vector_scaling import VectorScaling
from longshelf.strategies.loss.focal import Focal
from longshelf.strategies.loss.ghm import Ghm
from longshelf.strategies.loss.label_smoothing import LabelSmoothing
from longshelf.strategies.loss.poly1 import Poly1
from longshelf.strategies.negatives.in_batch import InBatch
from longshelf.strategies.network.feature_distribution_smoothing import FeatureDistributionSmoothing
from longshelf.strategies.posthoc.per_class_threshold import PerClassThreshold
from longshelf.strategies.posthoc.post_hoc_logit_adjustment import PostHocLogitAdjustment
from longshelf.strategies.posthoc.tau_norm import TauNorm
from longshelf.strategies.rerank.calibrated_popularity import CalibratedPopularity
from longshelf.strategies.rerank.epsilon_greedy import EpsilonGreedy
from longshelf.strategies.rerank.mmr import Mmr
from longshelf.strategies.resample.adasyn import Adasyn
from longshelf.strategies.resample.borderline_smote import BorderlineSmote
from longshelf.strategies.resample.imblearn import Imblearn
from longshelf.strategies.resample.random_over import RandomOver
from longshelf.strategies.resample.random_under import RandomUnder
from longshelf.strategies.resample.smote import Smote
from longshelf.strategies.resample.smote_tomek import SmoteTomek
from longshelf.strategies.resample.tomek_links import TomekLinks
from longshelf.strategies.sampling.class_balanced_sampling import ClassBalancedSampling
from longshelf.strategies.sampling.sqrt_sampling import SqrtSampling
from longshelf.strategies.stages.crt import Crt
from longshelf.strategies.stages.deferred_reweighting import DeferredReweighting
from longshelf.strategies.step.fgm import Fgm
from longshelf.strategies.step.mixup import Mixup
from longshelf.strategies.step.remix import Remix
from longshelf.strategies.weight.cost_matrix import CostMatrix
from longshelf.strategies.weight.effective_number import EffectiveNumber
from longshelf.strategies.weight.inverse_frequency import InverseFrequency
from longshelf.strategies.weight.label_distribution_smoothing import LabelDistributionSmoothing

__all__ = [
    "Adasyn",
    "BalancedBagging",
    "BalancedSoftmax",
    "BorderlineSmote",
    "CalibratedPopularity",
    "Chain",
    "ClassBalancedSampling",
    "CostMatrix",
    "Crt",
    "DeferredReweighting",
    "EasyEnsemble",
    "EffectiveNumber",
    "EpsilonGreedy",
    "FeatureDistributionSmoothing",
    "Fgm",
    "Focal",
    "Ghm",
    "Imblearn",
    "InBatch",
    "InverseFrequency",
    "LabelDistributionSmoothing",
    "LabelSmoothing",
    "Ldam",
    "LogQ",
    "LogitAdjusted",
    "Mixup",
    "Mmr",
    "NgramExpansion",
    "PerClassThreshold",
    "Poly1",
    "PostHocLogitAdjustment",
    "RandomOver",
    "RandomUnder",
    "Remix",
    "SelfPaced",
    "Smote",
    "SmoteTomek",
    "SqrtSampling",
    "Stage",
    "Strategy",
    "TauNorm",
    "TomekLinks",
    "VectorScaling",
]
