"""Row-wise, stateless cleaning of text: named steps, each a small pure function."""

from longshelf.prepare.clean import STEPS, clean, clean_text
from longshelf.prepare.key import normalise_key

__all__ = ["STEPS", "clean", "clean_text", "normalise_key"]
