"""A task may be told what its arms are compared by."""

import pytest

import longshelf as ls
from longshelf.errors import InputError
from longshelf.tasks import Classify


def test_the_headline_is_what_arms_are_compared_by(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = ls.run(
        {
            "name": "clicks",
            "datasets": ["marketplace(problem='purchase', users=300, items=300)"],
            "task": {"classify": {"headline": "auprc"}},
            "features": ["tabular"],
            "models": ["logistic"],
            "strategies": ["none", "InverseFrequency"],
            "seeds": 1,
        }
    )
    assert results.about["primary"] == "auprc"
    assert "auprc" in set(results.comparisons["metric"])


def test_a_headline_that_is_no_metric_is_refused():
    with pytest.raises(InputError, match="did you mean 'auprc'"):
        Classify(headline="auprx")
