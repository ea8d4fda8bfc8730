"""Whatever writes new texts. Adding one is one file and one line here."""

from longshelf.generators.back_translation import BackTranslation
from longshelf.generators.base import Corpus, Draft, Generator, Writer
from longshelf.generators.causal_lm import CausalLm
from longshelf.generators.chat import Chat
from longshelf.generators.chat_back_translation import ChatBackTranslation
from longshelf.generators.cross_class import CrossClass
from longshelf.generators.duplicate import Duplicate
from longshelf.generators.eda import Eda
from longshelf.generators.masked_words import MaskedWords
from longshelf.generators.ngram import Ngram
from longshelf.generators.product_noise import ProductNoise
from longshelf.generators.small_gpt import SmallGpt
from longshelf.generators.template import Template
from longshelf.generators.word_chains import WordChain

__all__ = [
    "BackTranslation",
    "CausalLm",
    "Chat",
    "ChatBackTranslation",
    "Corpus",
    "CrossClass",
    "Draft",
    "Duplicate",
    "Eda",
    "Generator",
    "MaskedWords",
    "Ngram",
    "ProductNoise",
    "SmallGpt",
    "Template",
    "WordChain",
    "Writer",
]
