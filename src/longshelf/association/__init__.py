"""Association rules: what a shop compares every recommender of complements against."""

from longshelf.association.baskets import Baskets, baskets_of
from longshelf.association.measures import MEASURES, measures
from longshelf.association.mine import mine

__all__ = ["MEASURES", "Baskets", "baskets_of", "measures", "mine"]
