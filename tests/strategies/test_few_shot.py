"""Few-shot control: which rows stay, of which classes, and that more shots hold the fewer."""

import numpy as np
import pytest

from longshelf.errors import InputError, NotApplicable
from longshelf.slices import cut
from longshelf.strategies import FewShot, PostHocLogitAdjustment


def kept(problem, **given):
    rng = np.random.default_rng(5)
    return FewShot(**given).resample(problem.X, problem.rows, problem.targets, rng)


@pytest.mark.parametrize("k", [0, 1, 2, 5])
def test_tail_classes_keep_k_rows_and_others_all(problem, k):
    counts = problem.targets.natural
    tail = cut(counts).of == 2
    done = kept(problem, k=k)
    _, rows = done.apply(problem.X, problem.rows)
    wanted = np.where(tail, np.minimum(counts, k), counts)
    assert problem.targets.count(rows.code).tolist() == wanted.tolist()
    assert tail.any()
    assert not tail.all()
    assert done.asked == {f"c{c}": k for c in np.flatnonzero(tail & (counts > 0))}


def test_other_parts_and_rules(problem):
    counts = problem.targets.natural
    for part, of in (("head", 0), ("torso", 1)):
        rows = kept(problem, k=2, part=part).apply(problem.X, problem.rows)[1]
        thinned = cut(counts).of == of
        wanted = np.where(thinned, np.minimum(counts, 2), counts)
        assert problem.targets.count(rows.code).tolist() == wanted.tolist()
    rows = kept(problem, k=4, part="all").apply(problem.X, problem.rows)[1]
    assert problem.targets.count(rows.code).tolist() == np.minimum(counts, 4).tolist()
    rows = kept(problem, k=1, rule="count").apply(problem.X, problem.rows)[1]
    wanted = np.where(counts < 20, np.minimum(counts, 1), counts)
    assert problem.targets.count(rows.code).tolist() == wanted.tolist()


def test_fewer_shots_are_among_more_and_follow_the_seed(problem):
    fewer, more = (set(kept(problem, k=k).kept.tolist()) for k in (1, 5))
    assert fewer < more
    other = FewShot(k=1).resample(
        problem.X, problem.rows, problem.targets, np.random.default_rng(6)
    )
    assert set(other.kept.tolist()) != fewer


def test_slices_stay_those_of_the_natural_counts_in_a_chain(problem):
    chain = FewShot(k=5) + FewShot(k=5)
    done = chain.resample(problem.X, problem.rows, problem.targets, np.random.default_rng(0))
    assert len(done.kept) == len(kept(problem, k=5).kept)
    assert (FewShot(k=1) + PostHocLogitAdjustment()).hooks == {"resample", "correct"}


def test_what_cannot_be_is_refused(problem, labels):
    for wrong in ({"k": -1}, {"part": "cold"}, {"rule": "thirds"}):
        with pytest.raises(InputError):
            FewShot(**wrong)
    with pytest.raises(NotApplicable, match="leaves no training row"):
        kept(problem, k=0, part="all")
    with pytest.raises(NotApplicable, match="one target per row"):
        kept(labels)
