"""Steps, schedules, networks and ensembles through the one training loop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from imblearn.under_sampling import RandomUnderSampler
from scipy.special import expit, softmax

from longshelf.components import known, show
from longshelf.errors import InputError, NotApplicable
from longshelf.models.network import Body, CosineHead, LinearHead, Net, to_batch
from longshelf.strategies import (
    BalancedBagging,
    Crt,
    DeferredReweighting,
    EasyEnsemble,
    EffectiveNumber,
    FeatureDistributionSmoothing,
    Fgm,
    InBatch,
    Ldam,
    LogQ,
    Mixup,
    Remix,
    SelfPaced,
    Strategy,
)
from longshelf.strategies.base import HOOKS
from longshelf.tables import Targets
from longshelf.training import Batch, Criterion

ELSEWHERE = {
    "BcLoss", "Cdn", "ContinuedPretraining", "DropoutNet", "LogQ", "PopGo", "PositionBias",
    "ValidAmount",
}  # fmt: skip
"""Need sources, texts, places, generated rows or a law of negatives; tested where there are some."""

LEARNING = sorted(
    (
        cls()
        for cls in known("strategy").values()
        if cls is not Strategy and cls.__name__ not in ELSEWHERE
        if cls().hooks & {"weigh", "sample", "negatives", "build", "logits", "loss", "step"}
        or cls().hooks & {"stages", "fit"}
    ),
    key=show,
)


@pytest.fixture(scope="module")
def plain(problem):
    return problem.fitted(Strategy()).scores(problem.X)


@pytest.mark.parametrize("strategy", LEARNING, ids=show)
def test_a_remedy_moves_the_scores_and_repeats_itself(problem, plain, strategy) -> None:
    first = problem.fitted(strategy).scores(problem.X)
    again = problem.fitted(strategy).scores(problem.X)
    np.testing.assert_array_equal(first, again)
    assert first.shape == plain.shape
    assert np.isfinite(first).all()
    assert np.abs(first - plain).max() > 1e-3


@pytest.mark.parametrize("cls", known("strategy").values())
def test_a_remedy_overrides_a_hook_and_shows_as_typed(cls) -> None:
    strategy = cls()
    assert strategy.hooks <= set(HOOKS)
    assert bool(strategy.hooks) == (cls is not Strategy)


def batch_of(problem, rows: int = 12) -> Batch:
    index = np.arange(rows)
    y = torch.from_numpy(problem.rows.y[:rows]).long()
    weight = torch.linspace(0.5, 1.5, rows)
    return Batch(x=to_batch(problem.X, index), y=y, code=y, weight=weight, index=index)


def small_net(seed: int = 0) -> Net:
    torch.manual_seed(seed)
    net = Net(Body(), Body(torch.nn.Linear(5, 4), torch.nn.Tanh()), LinearHead(4, 6))
    torch.nn.init.normal_(net.head.weight)
    return net


def test_mixup_mixes_rows_and_losses_in_the_same_share(problem) -> None:
    net, batch = small_net(), batch_of(problem)
    torch.manual_seed(5)
    got = Mixup(alpha=0.8).step(net, batch, Criterion(Strategy(), problem.targets))
    torch.manual_seed(5)
    share = float(torch.distributions.Beta(0.8, 0.8).sample())
    order = torch.randperm(12).tolist()
    wanted = 0.0
    for i, j in enumerate(order):
        z = net(share * batch.x[i : i + 1] + (1 - share) * batch.x[j : j + 1])
        log_p = z.detach().log_softmax(1)[0]
        wanted -= share * float(log_p[batch.y[i]] * batch.weight[i]) / 12
        wanted -= (1 - share) * float(log_p[batch.y[j]] * batch.weight[j]) / 12
    assert 0.01 < share < 0.99
    assert float(got.detach()) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(
    ("alpha", "kappa", "tau"), [(1.0, 3.0, 0.5), (1.0, 3.0, 0.9), (1.0, 1.0, 0.0)]
)
def test_remix_gives_the_label_to_the_much_rarer(problem, alpha, kappa, tau) -> None:
    strategy = Remix(alpha=alpha, kappa=kappa, tau=tau)
    net, batch = strategy.build(small_net(), problem.targets), batch_of(problem, 40)
    torch.manual_seed(6)
    got = strategy.step(net, batch, Criterion(Strategy(), problem.targets))
    torch.manual_seed(6)
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    order = torch.randperm(40).tolist()
    counts, y = problem.targets.seen, batch.y.tolist()
    wanted, moved = 0.0, 0
    for i, j in enumerate(order):
        z = net(share * batch.x[i : i + 1] + (1 - share) * batch.x[j : j + 1])
        log_p = z.detach().log_softmax(1)[0]
        label = share
        if counts[y[i]] / counts[y[j]] >= kappa and share < tau:
            label = 0.0
        elif counts[y[i]] / counts[y[j]] <= 1 / kappa and 1 - share < tau:
            label = 1.0
        moved += label != share
        wanted -= label * float(log_p[y[i]] * batch.weight[i]) / 40
        wanted -= (1 - label) * float(log_p[y[j]] * batch.weight[j]) / 40
    assert (moved > 0) == (tau > 0)
    assert float(got.detach()) == pytest.approx(wanted, rel=1e-5)


def test_fgm_adds_the_loss_at_the_worst_nearby_point(problem) -> None:
    net, batch = small_net(), batch_of(problem)
    criterion = Criterion(Strategy(), problem.targets)
    got = float(Fgm(epsilon=0.3).step(net, batch, criterion).detach())
    at = batch.x.clone().requires_grad_()
    plain_value = criterion(net(at), batch)
    plain_value.backward()
    unit = at.grad / at.grad.norm(dim=1, keepdim=True)
    moved = float(criterion(net(batch.x + 0.3 * unit), batch).detach())
    plain_value = float(plain_value.detach())
    assert got == pytest.approx(plain_value + moved, rel=1e-6)
    assert moved > plain_value


def test_ldam_and_deferred_reweighting_are_one_chain(problem, plain) -> None:
    fitted = problem.fitted(Ldam() + DeferredReweighting())
    assert isinstance(fitted.net.head, CosineHead)
    assert np.abs(fitted.scores(problem.X)).max() <= 30.001


def test_deferred_reweighting_is_plain_until_its_start() -> None:
    first, second = DeferredReweighting(start=0.75, beta=0.99, rate=0.2).stages()
    assert first.strategy is None
    assert (second.share, second.rate) == (0.25, 0.2)
    assert second.strategy == EffectiveNumber(beta=0.99)


def test_crt_keeps_the_encoder_of_its_first_stage(problem) -> None:
    class Watch(Crt):
        def stages(self):
            return super().stages()[:1]

    alone = problem.fitted(Watch(share=0.5)).net
    both = problem.fitted(Crt(share=0.5)).net
    for one, other in zip(alone.body.parameters(), both.body.parameters(), strict=True):
        torch.testing.assert_close(one, other)
    assert not torch.equal(alone.head.weight, both.head.weight)
    with pytest.raises(NotApplicable, match="has none below its head"):
        problem.fitted(Crt(), width=0)


def test_in_batch_softmax_then_log_q_differ(problem) -> None:
    bare = problem.fitted(InBatch()).scores(problem.X)
    corrected = problem.fitted(InBatch() + LogQ()).scores(problem.X)
    # batches hold nearly every target here, so the correction is small, and still no no-op
    assert np.abs(corrected - bare).max() > 1e-3


def test_feature_statistics_by_hand() -> None:
    from longshelf.strategies.network.feature_statistics import FeatureStatistics
    from longshelf.strategies.weight.label_distribution_smoothing import gaussian_window

    rng = np.random.default_rng(0)
    code = torch.from_numpy(rng.integers(0, 4, 60))
    code[code == 2] = 3  # bin 2 has no row
    e = torch.from_numpy(rng.normal(size=(60, 2)) + code.numpy()[:, None]).float()
    statistics = FeatureStatistics(4, 2, kernel=3, sigma=1.0, momentum=0.5)
    statistics.note(e[:30], code[:30], 0)
    statistics.note(e[30:], code[30:], 0)
    torch.testing.assert_close(statistics.smoothed(e, code), e)
    statistics.note(e, code, 1)
    side, middle, _ = gaussian_window(3, 1.0)
    mean = {c: e[code == c].mean(0) for c in (0, 1, 3)}
    var = {c: e[code == c].var(0, unbiased=False) for c in (0, 1, 3)}
    near = {0: {0: middle, 1: side}, 1: {0: side, 1: middle}, 3: {3: middle}}
    wanted = e.clone()
    for c, weights in near.items():
        whole = sum(weights.values())
        mean_c = sum(w / whole * mean[k] for k, w in weights.items())
        var_c = sum(w / whole * var[k] for k, w in weights.items())
        own = code == c
        wanted[own] = (e[own] - mean[c]) * (var_c / var[c]).clamp(0.1, 10).sqrt() + mean_c
    torch.testing.assert_close(statistics.smoothed(e, code), wanted, rtol=1e-4, atol=1e-5)


def test_feature_smoothing_needs_an_encoder(problem) -> None:
    with pytest.raises(NotApplicable, match="none below its head"):
        problem.fitted(FeatureDistributionSmoothing(), width=0)


class Counting:
    """A learner that remembers what it was given and scores the same for all."""

    def __init__(self) -> None:
        self.parts: list[np.ndarray] = []
        self.seen: list[np.ndarray] = []

    def fit(self, X, rows, valid, targets, strategy, rng):
        self.parts.append(rows.code)
        self.seen.append(targets.seen)
        bias = rng.normal(size=len(targets))
        return type("Given", (), {"parameters": 6, "scores": lambda self, X: X[:, :1] + bias})()


def test_easy_ensemble_averages_probabilities_of_under_sampled_fits(problem) -> None:
    learner = Counting()
    strategy = EasyEnsemble(members=4, to=12)
    rng = np.random.default_rng(7)
    fitted = strategy.fit(
        learner, problem.X, problem.rows, problem.valid, problem.targets, Strategy(), rng
    )
    for part, seen in zip(learner.parts, learner.seen, strict=True):
        assert np.bincount(part, minlength=6).tolist() == [12, 12, 12, 9, 3, 0]
        assert seen.tolist() == [12, 12, 12, 9, 3, 0]
    assert fitted.parameters == 24
    assert fitted.head is None
    each = [member.scores(problem.X) for member in fitted.fitted]
    wanted = np.mean([softmax(scores, axis=1) for scores in each], axis=0)
    np.testing.assert_allclose(np.exp(fitted.scores(problem.X)), wanted, rtol=1e-9)
    several = replace(fitted, targets=replace(problem.targets, kind="multilabel"))
    wanted = np.mean([expit(scores) for scores in each], axis=0)
    np.testing.assert_allclose(expit(several.scores(problem.X)), wanted, rtol=1e-9)
    value = replace(fitted, targets=replace(problem.targets, kind="value"))
    np.testing.assert_allclose(value.scores(problem.X), np.mean(each, axis=0))


def run_members(strategy, problem):
    learner = Counting()
    fitted = strategy.fit(
        learner,
        problem.X,
        problem.rows,
        problem.valid,
        problem.targets,
        Strategy(),
        np.random.default_rng(7),
    )
    return learner, fitted


def test_balanced_bagging_draws_with_replacement_under_the_cap(problem) -> None:
    learner, fitted = run_members(BalancedBagging(members=3, to=12), problem)
    assert len(fitted.fitted) == 3
    for part, seen in zip(learner.parts, learner.seen, strict=True):
        assert np.bincount(part, minlength=6).tolist() == seen.tolist()
        assert seen[:2].tolist() == [12, 12]
        assert seen.max() == 12


def test_self_paced_keeps_all_but_the_first_member(problem) -> None:
    learner, fitted = run_members(SelfPaced(members=3, to=12), problem)
    assert len(learner.parts) == 4
    assert len(fitted.fitted) == 3
    for part in learner.parts:
        assert np.bincount(part, minlength=6).tolist() == [12, 12, 12, 9, 3, 0]


def test_hardness_bins_even_out_by_sum_then_by_number() -> None:
    from longshelf.strategies.ensemble.self_paced import binned_law

    hardness = np.array([0.0, 0.1, 0.2, 0.3, 0.8, 1.0])
    # two bins: four rows of mean .15 and two of mean .9
    by_sum = binned_law(hardness, 2, 0.0)
    np.testing.assert_allclose(by_sum[:4].sum() / by_sum[4:].sum(), 0.9 / 0.15)
    by_number = binned_law(hardness, 2, 1e9)
    np.testing.assert_allclose(by_number, [1 / 8] * 4 + [1 / 4] * 2)


def test_members_under_sample_as_the_library_does(problem) -> None:
    learner = Counting()
    EasyEnsemble(members=2, to=12).fit(
        learner,
        problem.X,
        problem.rows,
        problem.valid,
        problem.targets,
        Strategy(),
        np.random.default_rng(7),
    )
    for stream, part in zip(np.random.default_rng(7).spawn(2), learner.parts, strict=True):
        seed = int(stream.integers(2**31 - 1))
        goal = {0: 12, 1: 12, 2: 12, 3: 9, 4: 3}
        sampler = RandomUnderSampler(sampling_strategy=goal, random_state=seed)
        _, wanted = sampler.fit_resample(problem.X, problem.rows.code)
        assert part.tolist() == wanted.tolist()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Mixup(alpha=0),
        lambda: Fgm(epsilon=-1),
        lambda: Crt(share=1.0),
        lambda: DeferredReweighting(start=0.0),
        lambda: EasyEnsemble(members=0),
        lambda: FeatureDistributionSmoothing(kernel=4),
    ],
)
def test_arguments_out_of_range_are_refused(make) -> None:
    with pytest.raises(InputError, match="got"):
        make()


def test_ldam_needs_targets_and_a_linear_head() -> None:
    value = Targets(names=np.array(["a"]), kind="value")
    with pytest.raises(NotApplicable, match="a value has none"):
        Ldam().build(small_net(), value)
    cosine = Net(Body(), Body(), CosineHead(4, 2, 10.0))
    with pytest.raises(NotApplicable, match="linear head"):
        Ldam().build(cosine, Targets(names=np.array(["a", "b"])))
