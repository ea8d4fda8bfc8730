"""Every remedy, by the name its paper gave it. Adding one is one file and one line here."""

from longshelf.strategies.base import Stage, Strategy
from longshelf.strategies.chain import Chain
from longshelf.strategies.ensemble.balanced_bagging import BalancedBagging
from longshelf.strategies.ensemble.easy_ensemble import EasyEnsemble
from longshelf.strategies.ensemble.self_paced import SelfPaced
from longshelf.strategies.expand.expand import Expand
from longshelf.strategies.expand.pseudo_sessions import PseudoSessions
from longshelf.strategies.expand.text_pseudo_interactions import TextPseudoInteractions
from longshelf.strategies.expand.valid_amount import ValidAmount
from longshelf.strategies.logits.balanced_softmax import BalancedSoftmax
from longshelf.strategies.logits.ldam import Ldam
from longshelf.strategies.logits.log_q import LogQ
from longshelf.strategies.logits.logit_adjusted import LogitAdjusted
from longshelf.strategies.logits.vector_scaling import VectorScaling
from longshelf.strategies.loss.binary_cross_entropy import BinaryCrossEntropy
from longshelf.strategies.loss.bpr import Bpr
from longshelf.strategies.loss.ccl import Ccl
from longshelf.strategies.loss.focal import Focal
from longshelf.strategies.loss.ghm import Ghm
from longshelf.strategies.loss.label_smoothing import LabelSmoothing
from longshelf.strategies.loss.non_negative_pu import NonNegativePu
from longshelf.strategies.loss.poly1 import Poly1
from longshelf.strategies.loss.rel_mf import RelMf
from longshelf.strategies.loss.weighted_bpr import WeightedBpr
from longshelf.strategies.negatives.hard_negatives import HardNegatives
from longshelf.strategies.negatives.in_batch import InBatch
from longshelf.strategies.negatives.mixed_negatives import MixedNegatives
from longshelf.strategies.negatives.popularity_negatives import PopularityNegatives
from longshelf.strategies.negatives.sampled_softmax import SampledSoftmax
from longshelf.strategies.negatives.uniform_negatives import UniformNegatives
from longshelf.strategies.network.bc_loss import BcLoss
from longshelf.strategies.network.cdn import Cdn
from longshelf.strategies.network.dice_causal import DiceCausal
from longshelf.strategies.network.dropout_net import DropoutNet
from longshelf.strategies.network.feature_distribution_smoothing import FeatureDistributionSmoothing
from longshelf.strategies.network.macr import Macr
from longshelf.strategies.network.pda import Pda
from longshelf.strategies.network.pop_go import PopGo
from longshelf.strategies.posthoc.contextual_calibration import ContextualCalibration
from longshelf.strategies.posthoc.per_class_threshold import PerClassThreshold
from longshelf.strategies.posthoc.post_hoc_logit_adjustment import PostHocLogitAdjustment
from longshelf.strategies.posthoc.tau_norm import TauNorm
from longshelf.strategies.rerank.calibrated_popularity import CalibratedPopularity
from longshelf.strategies.rerank.dpp import Dpp
from longshelf.strategies.rerank.epsilon_greedy import EpsilonGreedy
from longshelf.strategies.rerank.exposure_fair import ExposureFair
from longshelf.strategies.rerank.fa_star import FaStar
from longshelf.strategies.rerank.mmr import Mmr
from longshelf.strategies.rerank.popularity_discount import PopularityDiscount
from longshelf.strategies.rerank.tail_quota import TailQuota
from longshelf.strategies.rerank.x_quad import XQuad
from longshelf.strategies.resample.adasyn import Adasyn
from longshelf.strategies.resample.borderline_smote import BorderlineSmote
from longshelf.strategies.resample.few_shot import FewShot
from longshelf.strategies.resample.gan import Gan
from longshelf.strategies.resample.imblearn import Imblearn
from longshelf.strategies.resample.random_over import RandomOver
from longshelf.strategies.resample.random_under import RandomUnder
from longshelf.strategies.resample.smote import Smote
from longshelf.strategies.resample.smote_tomek import SmoteTomek
from longshelf.strategies.resample.tomek_links import TomekLinks
from longshelf.strategies.sampling.class_balanced_sampling import ClassBalancedSampling
from longshelf.strategies.sampling.sqrt_sampling import SqrtSampling
from longshelf.strategies.stages.continued_pretraining import ContinuedPretraining
from longshelf.strategies.stages.crt import Crt
from longshelf.strategies.stages.deferred_reweighting import DeferredReweighting
from longshelf.strategies.stages.dfr import Dfr
from longshelf.strategies.stages.head_first import HeadFirst
from longshelf.strategies.stages.progressive_balancing import ProgressiveBalancing
from longshelf.strategies.stages.set_fit import SetFit
from longshelf.strategies.step.balanced_contrastive import BalancedContrastive
from longshelf.strategies.step.fgm import Fgm
from longshelf.strategies.step.free_lb import FreeLb
from longshelf.strategies.step.mixup import Mixup
from longshelf.strategies.step.pgd import Pgd
from longshelf.strategies.step.remix import Remix
from longshelf.strategies.step.supervised_contrastive import SupervisedContrastive
from longshelf.strategies.weight.cost_matrix import CostMatrix
from longshelf.strategies.weight.effective_number import EffectiveNumber
from longshelf.strategies.weight.inverse_frequency import InverseFrequency
from longshelf.strategies.weight.ips import Ips
from longshelf.strategies.weight.label_distribution_smoothing import LabelDistributionSmoothing
from longshelf.strategies.weight.position_bias import PositionBias
from longshelf.strategies.weight.snips import Snips

__all__ = [
    "Adasyn",
    "BalancedBagging",
    "BalancedContrastive",
    "BalancedSoftmax",
    "BcLoss",
    "BinaryCrossEntropy",
    "BorderlineSmote",
    "Bpr",
    "CalibratedPopularity",
    "Ccl",
    "Cdn",
    "Chain",
    "ClassBalancedSampling",
    "ContextualCalibration",
    "ContinuedPretraining",
    "CostMatrix",
    "Crt",
    "DeferredReweighting",
    "Dfr",
    "DiceCausal",
    "Dpp",
    "DropoutNet",
    "EasyEnsemble",
    "EffectiveNumber",
    "EpsilonGreedy",
    "Expand",
    "ExposureFair",
    "FaStar",
    "FeatureDistributionSmoothing",
    "FewShot",
    "Fgm",
    "Focal",
    "FreeLb",
    "Gan",
    "Ghm",
    "HardNegatives",
    "HeadFirst",
    "Imblearn",
    "InBatch",
    "InverseFrequency",
    "Ips",
    "LabelDistributionSmoothing",
    "LabelSmoothing",
    "Ldam",
    "LogQ",
    "LogitAdjusted",
    "Macr",
    "MixedNegatives",
    "Mixup",
    "Mmr",
    "NonNegativePu",
    "Pda",
    "PerClassThreshold",
    "Pgd",
    "Poly1",
    "PopGo",
    "PopularityDiscount",
    "PopularityNegatives",
    "PositionBias",
    "PostHocLogitAdjustment",
    "ProgressiveBalancing",
    "PseudoSessions",
    "RandomOver",
    "RandomUnder",
    "RelMf",
    "Remix",
    "SampledSoftmax",
    "SelfPaced",
    "SetFit",
    "Smote",
    "SmoteTomek",
    "Snips",
    "SqrtSampling",
    "Stage",
    "Strategy",
    "SupervisedContrastive",
    "TailQuota",
    "TauNorm",
    "TextPseudoInteractions",
    "TomekLinks",
    "UniformNegatives",
    "ValidAmount",
    "VectorScaling",
    "WeightedBpr",
    "XQuad",
]
