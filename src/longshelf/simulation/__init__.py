"""What happens when a recommender learns from the clicks on its own lists, under a known truth."""

from longshelf.simulation.course import Course, Recommender, play
from longshelf.simulation.shop import Log, Shop
from longshelf.simulation.visitors import Visit, Visitors

__all__ = ["Course", "Log", "Recommender", "Shop", "Visit", "Visitors", "play"]
