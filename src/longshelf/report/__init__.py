"""One self-contained HTML page of bounded size, from the results tables alone."""

from longshelf.report.render import render
from longshelf.report.verdict import Verdict, plain_words, verdicts

__all__ = ["Verdict", "plain_words", "render", "verdicts"]
