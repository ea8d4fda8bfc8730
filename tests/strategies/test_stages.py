"""What learns when: each schedule against what it says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from long_tailed import COUNTS, rows_of

from longshelf.components import build
from longshelf.errors import InputError, NotApplicable
from longshelf.evidence import meet
from longshelf.strategies import (
    ClassBalancedSampling,
    Crt,
    DeferredReweighting,
    Dfr,
    EffectiveNumber,
    HeadFirst,
    InverseFrequency,
    ProgressiveBalancing,
    SetFit,
    Stage,
    Strategy,
)
from longshelf.strategies.stages.dfr import _held_out


def parameters(net):
    return {name: value.detach().clone() for name, value in net.named_parameters()}


def test_the_head_learns_first_and_alone(problem):
    class Still(HeadFirst):
        def stages(self):
            return super().stages()[:1]

    class Nothing(HeadFirst):
        def stages(self):
            return (Stage(1.0, rate=0.0),)

    fresh, first, both = (
        parameters(problem.fitted(strategy, patience=0).net)
        for strategy in (Nothing(), Still(share=0.5), HeadFirst(share=0.5))
    )
    for name in fresh:
        assert torch.equal(first[name], fresh[name]) == (not name.startswith("head."))
        assert not torch.equal(both[name], first[name])


def test_the_rate_falls_once_everything_learns():
    head, everything = HeadFirst(share=0.25, rate=0.1).stages()
    assert (head.learn, head.share, head.rate) == ("head", 0.25, 1.0)
    assert (everything.learn, everything.share, everything.rate) == ("all", 0.75, 0.1)


def test_balancing_moves_along_the_line_of_the_paper(problem):
    stages = ProgressiveBalancing(steps=5).stages()
    assert sum(stage.share for stage in stages) == pytest.approx(1)
    counts = np.array(COUNTS[:-1], dtype=float)
    for t, stage in zip((0, 0.25, 0.5, 0.75, 1), stages, strict=True):
        met = meet(stage.strategy, problem.rows, problem.targets)
        by_class = np.bincount(problem.rows.code, weights=met.law)
        wanted = (1 - t) * counts / counts.sum() + t / 5
        np.testing.assert_allclose(by_class, wanted, rtol=1e-9)
        np.testing.assert_allclose(met.targets.seen[:5], counts.sum() * wanted, rtol=1e-9)


@pytest.mark.parametrize(("held", "wanted"), [(0.2, [24, 12, 5, 2, 1]), (0.5, [60, 30, 12, 4, 2])])
def test_held_out_rows_are_spread_over_each_class(problem, held, wanted):
    out, alone = _held_out(problem.rows, held)
    assert np.bincount(problem.rows.code[out]).tolist() == wanted
    assert not alone.any()
    for target in range(3):
        places = np.flatnonzero(out[problem.rows.code == target])
        gaps = np.diff(places)
        assert gaps.max() - gaps.min() <= 1


def test_a_class_of_one_row_serves_both_stages():
    code = np.array([0, 0, 1, 0, 2, 2])
    out, alone = _held_out(rows_of(code, code), 0.2)
    assert alone.tolist() == [False, False, True, False, False, False]
    assert out.sum() == 2
    assert not out[2]


def test_the_last_layer_sees_only_rows_the_encoder_did_not(problem):
    first, second = Dfr(held=0.25).stages()
    below = meet(first.strategy, problem.rows, problem.targets)
    above = meet(second.strategy, problem.rows, problem.targets)
    assert not ((below.law > 0) & (above.law > 0)).any()
    assert ((below.law > 0) | (above.law > 0)).all()
    assert len(np.unique(below.law)) == 2
    mass = np.bincount(problem.rows.code, weights=above.law)
    np.testing.assert_allclose(mass, np.full(5, 0.2), rtol=1e-9)
    assert (second.learn, second.reset) == ("head", True)


def test_dfr_keeps_the_encoder_of_its_first_stage(problem):
    class Watch(Dfr):
        def stages(self):
            return super().stages()[:1]

    alone = parameters(problem.fitted(Watch()).net)
    both = parameters(problem.fitted(Dfr()).net)
    for name in alone:
        assert torch.equal(alone[name], both[name]) == (not name.startswith("head."))
    crt = parameters(problem.fitted(Crt()).net)
    assert not torch.equal(crt["head.table"], both["head.table"])


def test_several_labels_a_row_are_spread_as_one(labels):
    out, alone = _held_out(labels.rows, 0.25)
    assert out.sum() == 20
    assert not alone.any()
    assert np.isfinite(labels.fitted(Dfr()).scores(labels.X)).all()


def test_schedules_join_a_law_of_sampling(problem):
    scores = problem.fitted(ClassBalancedSampling() + ProgressiveBalancing()).scores(problem.X)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("cls", [HeadFirst, Dfr])
def test_schedules_need_an_encoder(problem, cls):
    with pytest.raises(NotApplicable, match="none below its head"):
        problem.fitted(cls(), width=0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: HeadFirst(share=0),
        lambda: HeadFirst(rate=0),
        lambda: ProgressiveBalancing(steps=1),
        lambda: Dfr(held=1.0),
        lambda: Dfr(share=0.0),
    ],
)
def test_arguments_out_of_range_are_refused(make):
    with pytest.raises(InputError, match="got"):
        make()


@pytest.mark.parametrize(
    "strategy",
    [
        DeferredReweighting(), Crt(), HeadFirst(), Dfr(), SetFit(), ProgressiveBalancing(steps=5),
    ],
    ids=lambda strategy: type(strategy).__name__,
)  # fmt: skip
@pytest.mark.parametrize("epochs", [1, 2, 3, 8])
def test_stages_together_take_as_many_steps_as_plain_training(problem, strategy, epochs):
    how = {"epochs": epochs, "batch": 4, "patience": 0, "filled": False}
    taken, plain = (
        [epoch["steps"] for epoch in problem.fitted(one, **how).history]
        for one in (strategy, Strategy())
    )
    assert sum(plain) == epochs * 54
    assert sum(plain) <= sum(taken) <= sum(plain) + len(taken)
    assert max(taken) <= 54


def test_what_a_schedule_brings_in_later_is_not_there_from_the_start():
    with pytest.raises(InputError, match="EffectiveNumber counts twice beside DeferredRew"):
        EffectiveNumber() + DeferredReweighting()
    with pytest.raises(InputError, match="ClassBalancedSampling counts twice beside Crt"):
        build("strategy", ["Crt", "ClassBalancedSampling"])
    assert (InverseFrequency() + DeferredReweighting()).hooks == {"weigh", "stages"}
