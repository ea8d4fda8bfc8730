"""Fewer rows to learn from, and nothing else changed."""

import numpy as np
import pytest

import longshelf as ls
from longshelf.components import build
from longshelf.errors import InputError
from longshelf.tasks.base import divide


@pytest.fixture(scope="module")
def problem():
    return build("task", "classify").pose(ls.load("marketplace(items=2000, imbalance=50)"))


def parts(problem, name, seed=0):
    return divide(problem, build("split", name), seed)


def test_test_rows_stay_and_every_class_keeps_its_share(problem):
    whole, some = parts(problem, "stratified"), parts(problem, "fewer(train=300, valid=100)")
    assert np.array_equal(whole.test.id, some.test.id)
    assert set(some.train.id) < set(whole.train.id)
    assert set(some.valid.id) < set(whole.valid.id)
    before, after = (np.bincount(p.train.code, minlength=len(p.targets)) for p in (whole, some))
    assert np.all(after[before > 0] >= 1)
    share = 300 / len(whole.train)
    assert np.all(np.abs(after - np.maximum(1, share * before)) <= 0.5 + 1e-9)
    assert any("rows kept in train" in finding for finding in some.findings)


def test_other_seeds_keep_other_rows_and_enough_keeps_all(problem):
    one, two = (parts(problem, "fewer(train=300)", seed).train.id for seed in (0, 1))
    assert set(one) != set(two)
    same = parts(problem, "fewer(train=100000, valid=100000)")
    assert np.array_equal(same.train.id, parts(problem, "stratified").train.id)


def test_wrong_sizes_are_refused():
    with pytest.raises(InputError, match="2 training rows"):
        build("split", "fewer(train=1)")
