"""Checks before any training: PASS, WARN or FAIL under stable codes, with the offending rows."""

from longshelf.validation.check import Check, Finding
from longshelf.validation.validation import Outcome, Validation, validate
from longshelf.validation.view import View

__all__ = ["Check", "Finding", "Outcome", "Validation", "View", "validate"]
