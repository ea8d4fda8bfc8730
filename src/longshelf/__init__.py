"""LongShelf (长尾货架): which remedy for imbalance is worth it on your data, for your model."""
