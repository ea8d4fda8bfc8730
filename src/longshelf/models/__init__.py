"""Every model. Adding one is one file and one line here."""

from longshelf.models.base import Model
from longshelf.models.classify.bi_lstm import BiLstm
from longshelf.models.classify.chat_classifier import ChatClassifier
from longshelf.models.classify.dcn_v2 import DcnV2
from longshelf.models.classify.deep_fm import DeepFm
from longshelf.models.classify.fm import Fm
from longshelf.models.classify.knn import Knn
from longshelf.models.classify.light_gbm import LightGbm
from longshelf.models.classify.linear import Linear
from longshelf.models.classify.logistic import Logistic
from longshelf.models.classify.majority import Majority
from longshelf.models.classify.mlp import Mlp
from longshelf.models.classify.name_match import NameMatch
from longshelf.models.classify.name_similarity import NameSimilarity
from longshelf.models.classify.nearest_centroid import NearestCentroid
from longshelf.models.classify.prior import Prior
from longshelf.models.classify.prompted import Prompted
from longshelf.models.classify.stratified_random import StratifiedRandom
from longshelf.models.classify.svm import Svm
from longshelf.models.classify.transformer import Transformer
from longshelf.models.classify.two_input_click import TwoInputClick
from longshelf.models.cluster.agglomerative import Agglomerative
from longshelf.models.cluster.exact_title import ExactTitle
from longshelf.models.cluster.singletons import Singletons
from longshelf.models.cluster.threshold_graph import ThresholdGraph
from longshelf.models.generate.causal_writer import CausalWriter
from longshelf.models.generate.chat_writer import ChatWriter
from longshelf.models.generate.copy_writer import CopyWriter
from longshelf.models.generate.ngram_writer import NgramWriter
from longshelf.models.generate.small_gpt_writer import SmallGptWriter
from longshelf.models.generate.template_writer import TemplateWriter
from longshelf.models.rank.association_rules import AssociationRules
from longshelf.models.rank.bm25 import Bm25
from longshelf.models.rank.dense_retrieval import DenseRetrieval
from longshelf.models.rank.ease import Ease
from longshelf.models.rank.generative_retrieval import GenerativeRetrieval
from longshelf.models.rank.grounded_generation import GroundedGeneration
from longshelf.models.rank.hybrid import Hybrid
from longshelf.models.rank.implicit_als import ImplicitAls
from longshelf.models.rank.implicit_bpr import ImplicitBpr
from longshelf.models.rank.item2vec import Item2Vec
from longshelf.models.rank.item_knn import ItemKnn
from longshelf.models.rank.light_gcn import LightGcn
from longshelf.models.rank.matrix_factorisation import MatrixFactorisation
from longshelf.models.rank.most_popular import MostPopular
from longshelf.models.rank.own_frequent import OwnFrequent
from longshelf.models.rank.prompted_ranker import PromptedRanker
from longshelf.models.rank.random_ranking import RandomRanking
from longshelf.models.rank.re_ranker import ReRanker
from longshelf.models.rank.recently_popular import RecentlyPopular
from longshelf.models.rank.sas_rec import SasRec
from longshelf.models.rank.segment_popular import SegmentPopular
from longshelf.models.rank.slim import Slim
from longshelf.models.rank.text_item_knn import TextItemKnn
from longshelf.models.rank.title_encoder import TitleEncoder
from longshelf.models.rank.two_tower import TwoTower
from longshelf.models.rank.user_knn import UserKnn
from longshelf.models.regress.last_value import LastValue
from longshelf.models.regress.mean import Mean
from longshelf.models.regress.median import Median

__all__ = [
    "Agglomerative",
    "AssociationRules",
    "BiLstm",
    "Bm25",
    "CausalWriter",
    "ChatClassifier",
    "ChatWriter",
    "CopyWriter",
    "DcnV2",
    "DeepFm",
    "DenseRetrieval",
    "Ease",
    "ExactTitle",
    "Fm",
    "GenerativeRetrieval",
    "GroundedGeneration",
    "Hybrid",
    "ImplicitAls",
    "ImplicitBpr",
    "Item2Vec",
    "ItemKnn",
    "Knn",
    "LastValue",
    "LightGbm",
    "LightGcn",
    "Linear",
    "Logistic",
    "Majority",
    "MatrixFactorisation",
    "Mean",
    "Median",
    "Mlp",
    "Model",
    "MostPopular",
    "NameMatch",
    "NameSimilarity",
    "NearestCentroid",
    "NgramWriter",
    "OwnFrequent",
    "Prior",
    "Prompted",
    "PromptedRanker",
    "RandomRanking",
    "ReRanker",
    "RecentlyPopular",
    "SasRec",
    "SegmentPopular",
    "Singletons",
    "Slim",
    "SmallGptWriter",
    "StratifiedRandom",
    "Svm",
    "TemplateWriter",
    "TextItemKnn",
    "ThresholdGraph",
    "TitleEncoder",
    "Transformer",
    "TwoInputClick",
    "TwoTower",
    "UserKnn",
]
