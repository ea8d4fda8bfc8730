"""Whatever writes new texts. Adding one is one file and one line here."""

from longshelf.generators.base import Corpus, Draft, Generator, Writer
from longshelf.generators.duplicate import Duplicate
from longshelf.generators.ngram import Ngram
from longshelf.generators.small_gpt import SmallGpt
from longshelf.generators.word_chains import WordChain

__all__ = [
    "Corpus",
    "Draft",
    "Duplicate",
    "Generator",
    "Ngram",
    "SmallGpt",
    "WordChain",
    "Writer",
]
