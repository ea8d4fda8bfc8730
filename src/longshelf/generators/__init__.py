"""Whatever writes new samples."""

from longshelf.generators.word_chains import WordChain

__all__ = ["WordChain"]
