"""The simulated shop: catalogue, titles, users and sessions with a known truth."""

from longshelf.datasets.marketplace.marketplace import Marketplace

__all__ = ["Marketplace"]
