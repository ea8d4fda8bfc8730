"""Epochs of one pass and few timed calls: what is asked here is what a model says, not how well."""

import pytest


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    monkeypatch.setattr("longshelf.training.LEAST", 1)
    monkeypatch.setattr("longshelf.artifact.export.CALLS", 10)
