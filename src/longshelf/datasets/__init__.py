"""Data sets: one small file per source, the simulated shop, and the user's own files."""

from longshelf.datasets.amazon_grocery import AmazonGrocery
from longshelf.datasets.amazon_sequences import AmazonSequences
from longshelf.datasets.amazon_titles import AmazonTitles
from longshelf.datasets.base import DataSource, data_folder
from longshelf.datasets.clothing_reviews import ClothingReviews
from longshelf.datasets.complete_journey import CompleteJourney
from longshelf.datasets.ecom_instruct_zh import EcomInstructZh
from longshelf.datasets.esci import Esci
from longshelf.datasets.fashion import Fashion
from longshelf.datasets.fetch import fetch
from longshelf.datasets.gowalla import Gowalla
from longshelf.datasets.groceries import Groceries
from longshelf.datasets.item_demand import ItemDemand
from longshelf.datasets.marketplace import Marketplace
from longshelf.datasets.online_retail import OnlineRetail
from longshelf.datasets.open_bandit import OpenBandit
from longshelf.datasets.own import read_own
from longshelf.datasets.pricerunner import Pricerunner
from longshelf.datasets.product_matching import ProductMatching
from longshelf.datasets.reviews_zh import ReviewsZh
from longshelf.datasets.shoppers import Shoppers
from longshelf.datasets.wands import Wands

__all__ = [
    "AmazonGrocery",
    "AmazonSequences",
    "AmazonTitles",
    "ClothingReviews",
    "CompleteJourney",
    "DataSource",
    "EcomInstructZh",
    "Esci",
    "Fashion",
    "Gowalla",
    "Groceries",
    "ItemDemand",
    "Marketplace",
    "OnlineRetail",
    "OpenBandit",
    "Pricerunner",
    "ProductMatching",
    "ReviewsZh",
    "Shoppers",
    "Wands",
    "data_folder",
    "fetch",
    "read_own",
]
