"""Data sets: one small file per source, the simulated shop, and the user's own files."""

from longshelf.datasets.base import DataSource, data_folder
from longshelf.datasets.clothing_reviews import ClothingReviews
from longshelf.datasets.fashion import Fashion
from longshelf.datasets.fetch import fetch
from longshelf.datasets.item_demand import ItemDemand
from longshelf.datasets.marketplace import Marketplace
from longshelf.datasets.online_retail import OnlineRetail
from longshelf.datasets.open_bandit import OpenBandit
from longshelf.datasets.own import read_own
from longshelf.datasets.pricerunner import Pricerunner
from longshelf.datasets.shoppers import Shoppers

__all__ = [
    "ClothingReviews",
    "DataSource",
    "Fashion",
    "ItemDemand",
    "Marketplace",
    "OnlineRetail",
    "OpenBandit",
    "Pricerunner",
    "Shoppers",
    "data_folder",
    "fetch",
    "read_own",
]
