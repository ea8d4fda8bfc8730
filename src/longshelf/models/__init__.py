"""Every model. Adding one is one file and one line here."""

from longshelf.models.base import Model
from longshelf.models.classify.knn import Knn
from longshelf.models.classify.light_gbm import LightGbm
from longshelf.models.classify.linear import Linear
from longshelf.models.classify.logistic import Logistic
from longshelf.models.classify.majority import Majority
from longshelf.models.classify.mlp import Mlp
from longshelf.models.classify.name_match import NameMatch
from longshelf.models.classify.nearest_centroid import NearestCentroid
from longshelf.models.classify.prior import Prior
from longshelf.models.classify.stratified_random import StratifiedRandom
from longshelf.models.classify.svm import Svm
from longshelf.models.generate.copy_writer import CopyWriter
from longshelf.models.generate.ngram_writer import NgramWriter
from longshelf.models.rank.matrix_factorisation import MatrixFactorisation
from longshelf.models.rank.most_popular import MostPopular
from longshelf.models.rank.random_ranking import RandomRanking
from longshelf.models.rank.sas_rec import SasRec
from longshelf.models.regress.last_value import LastValue
from longshelf.models.regress.mean import Mean
from longshelf.models.regress.median import Median

__all__ = [
    "CopyWriter",
    "Knn",
    "LastValue",
    "LightGbm",
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
    "NearestCentroid",
    "NgramWriter",
    "Prior",
    "RandomRanking",
    "SasRec",
    "StratifiedRandom",
    "Svm",
]
