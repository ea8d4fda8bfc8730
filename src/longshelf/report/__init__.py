"""One self-contained HTML page of bounded size, from the results tables alone."""

from longshelf.report.plain import plain_words
from longshelf.report.render import render
from longshelf.report.verdict import Verdict, verdicts

__all__ = ["Verdict", "plain_words", "render", "verdicts"]
