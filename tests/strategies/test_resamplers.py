"""Resampled rows against imbalanced-learn for the same seed."""

from __future__ import annotations

from dataclasses import replace

import imblearn.combine as combine
import imblearn.over_sampling as over
import imblearn.under_sampling as under
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.neighbors import NearestNeighbors

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies import (
    Adasyn,
    BorderlineSmote,
    Imblearn,
    RandomOver,
    RandomUnder,
    Smote,
    SmoteTomek,
    TomekLinks,
)
from longshelf.strategies.base import floor_counts
from longshelf.strategies.resample.neighbours import Neighbours, nearest_other

SEED = 11


def drawn(times: int = 1) -> list[int]:
    """The seeds a resampler hands to the library."""
    rng = np.random.default_rng(SEED)
    return [int(rng.integers(2**31 - 1)) for _ in range(times)]


def run(strategy, problem, X=None):
    X = problem.X if X is None else X
    done = strategy.resample(X, problem.rows, problem.targets, np.random.default_rng(SEED))
    return done, *done.apply(X, problem.rows)


def dense(X):
    return X.toarray() if sp.issparse(X) else X


def sparse_of(X):
    return sp.csr_matrix(np.where(X > 0.4, X, 0).astype(np.float32))


@pytest.mark.parametrize("to", [40, "balance"])
def test_random_over_repeats_the_librarys_rows(problem, to) -> None:
    done, _, rows = run(RandomOver(to=to), problem)
    goal = floor_counts(problem.targets.natural, to)
    short = {c: n for c, n in goal.items() if n > problem.targets.natural[c]}
    sampler = over.RandomOverSampler(sampling_strategy=short, random_state=drawn()[0])
    sampler.fit_resample(problem.X, problem.rows.code)
    assert done.kept.tolist() == sampler.sample_indices_.tolist()
    counts = problem.targets.count(rows.code)
    assert counts[:5].tolist() == [goal[c] for c in range(5)]
    assert counts[5] == 0
    assert done.asked == {f"c{c}": n for c, n in goal.items()}


@pytest.mark.parametrize(("to", "cap"), [("median", 24), ("balance", 3), (10, 10)])
def test_random_under_keeps_the_librarys_rows(problem, to, cap) -> None:
    done, _, rows = run(RandomUnder(to=to), problem)
    natural = problem.targets.natural
    goal = {c: min(int(natural[c]), cap) for c in range(5)}
    sampler = under.RandomUnderSampler(sampling_strategy=goal, random_state=drawn()[0])
    sampler.fit_resample(problem.X, problem.rows.code)
    assert done.kept.tolist() == sampler.sample_indices_.tolist()
    assert problem.targets.count(rows.code)[:5].tolist() == list(goal.values())


def test_the_median_cap_of_two_classes_is_the_smaller() -> None:
    from longshelf.strategies.resample.random_under import cap_counts

    assert cap_counts(np.array([90.0, 10.0]), "median") == {0: 10, 1: 10}


def library(name: str, able: dict[int, int], seed: int):
    shared = {"sampling_strategy": able, "random_state": seed}
    return {
        "smote": lambda: over.SMOTE(k_neighbors=4, **shared),
        "adasyn": lambda: over.ADASYN(n_neighbors=4, **shared),
        "borderline": lambda: over.BorderlineSMOTE(k_neighbors=4, m_neighbors=8, **shared),
    }[name]()


@pytest.mark.parametrize("storage", ["dense", "sparse"])
@pytest.mark.parametrize(
    ("name", "strategy"),
    [
        ("smote", Smote(k=4, to=70)),
        ("adasyn", Adasyn(k=4, to=70)),
        ("borderline", BorderlineSmote(k=4, m=8, to=70)),
    ],
)
def test_made_up_rows_are_the_librarys(problem, name, strategy, storage) -> None:
    X = problem.X if storage == "dense" else sparse_of(problem.X)
    code = problem.rows.code
    done, X_now, rows = run(strategy, problem, X)
    sampler = library(name, {1: 70, 2: 70, 3: 70}, drawn()[0])
    wanted_X, wanted = sampler.fit_resample(X, code)
    made = len(wanted) - len(code)
    assert made > 60
    assert done.synthetic_code.tolist() == wanted[len(code) :].tolist()
    assert sp.issparse(X_now) == (storage == "sparse")
    np.testing.assert_array_equal(dense(done.synthetic_X), dense(wanted_X)[len(code) :])
    # the class of three rows has too few for neighbours: repeated to the floor
    counts = problem.targets.count(rows.code)
    assert counts[4] == 70
    assert (done.kept[len(code) :][code[done.kept[len(code) :]] == 4]).size == 67
    assert counts[5] == 0
    if name != "adasyn":
        assert counts[:5].tolist() == [120, 70, 70, 70, 70]


def test_adasyn_repeats_rows_of_a_class_without_foreign_neighbours(problem) -> None:
    X = problem.X.copy()
    far = problem.rows.code == 3
    X[far] += 1000
    with pytest.raises(RuntimeError, match="majority"):
        over.ADASYN(n_neighbors=4, sampling_strategy={3: 70}).fit_resample(X, problem.rows.code)
    done, _, rows = run(Adasyn(k=4, to=70), problem, X)
    assert 3 not in done.synthetic_code
    assert {1, 2} == set(done.synthetic_code.tolist())
    assert problem.targets.count(rows.code)[3] == 70


@pytest.mark.parametrize("storage", ["dense", "sparse"])
def test_tomek_links_drops_the_librarys_rows(problem, storage) -> None:
    X = problem.X if storage == "dense" else sp.csr_matrix(problem.X)
    done, _, _ = run(TomekLinks(), problem, X)
    sampler = under.TomekLinks()
    sampler.fit_resample(X, problem.rows.code)
    assert done.kept.tolist() == sampler.sample_indices_.tolist()
    assert len(done.kept) < len(problem.rows)


def test_smote_tomek_is_the_librarys(problem) -> None:
    few = problem.rows.take(problem.rows.code < 4)
    small = replace(problem, X=problem.X[problem.rows.code < 4], rows=few)
    done, X_now, rows = run(SmoteTomek(k=4, to=70), small)
    sampler = combine.SMOTETomek(
        sampling_strategy={1: 70, 2: 70, 3: 70},
        random_state=drawn()[0],
        smote=over.SMOTE(
            sampling_strategy={1: 70, 2: 70, 3: 70}, k_neighbors=4, random_state=drawn()[0]
        ),
    )
    wanted_X, wanted = sampler.fit_resample(small.X, few.code)
    assert rows.code.tolist() == wanted.tolist()
    np.testing.assert_allclose(X_now, wanted_X, rtol=1e-6)
    assert len(done.kept) < len(few)


@pytest.mark.parametrize(
    "name", ["BorderlineSMOTE", "NearMiss", "SMOTEENN", "ClusterCentroids", "RandomUnderSampler"]
)
def test_any_sampler_by_name_is_the_library_as_it_is(problem, name) -> None:
    from longshelf.strategies.resample.imblearn import samplers

    most = problem.rows.code < 3
    few = replace(problem, X=problem.X[most], rows=problem.rows.take(most))
    _, X_now, rows = run(Imblearn(sampler=name), few)
    cls = samplers()[name]
    seeded = {"random_state": drawn()[0]} if "random_state" in cls().get_params() else {}
    wanted_X, wanted = cls(**seeded).fit_resample(few.X, few.rows.code)
    ours, theirs = np.lexsort(X_now.T), np.lexsort(wanted_X.T)
    assert rows.code[ours].tolist() == wanted[theirs].tolist()
    np.testing.assert_array_equal(X_now[ours], wanted_X[theirs])


def test_samplers_and_their_arguments_are_checked_by_name() -> None:
    with pytest.raises(InputError, match="did you mean 'BorderlineSMOTE'"):
        Imblearn(sampler="BorderlineSMOT")
    with pytest.raises(InputError, match="did you mean 'k_neighbors'"):
        Imblearn(sampler="SMOTE", arguments={"k_neighbours": 3})


def test_what_the_library_refuses_is_not_applicable(problem) -> None:
    with pytest.raises(NotApplicable, match="SMOTE refuses these rows"):
        run(Imblearn(sampler="SMOTE"), problem)


@pytest.mark.parametrize("strategy", [Smote(), Adasyn(), TomekLinks(), Imblearn()])
def test_ids_and_values_have_no_distances(problem, strategy) -> None:
    ids = np.arange(len(problem.rows))[:, None]
    with pytest.raises(NotApplicable, match="numeric features"):
        run(strategy, problem, ids)
    several = replace(problem.rows, code=sp.csr_matrix(np.eye(6)[problem.rows.code]))
    with pytest.raises(NotApplicable, match="several"):
        run(strategy, replace(problem, rows=several))


@pytest.mark.parametrize(
    "strategy",
    [RandomOver(), RandomUnder(to=5), Smote(), Adasyn(), BorderlineSmote(), TomekLinks()],
)
def test_one_class_alone_breaks_nothing(problem, strategy) -> None:
    only = problem.rows.code == 2
    alone = replace(problem, X=problem.X[only], rows=problem.rows.take(only))
    _, _, rows = run(strategy, alone)
    assert set(rows.code.tolist()) == {2}


@pytest.mark.parametrize("cls", [RandomOver, Smote, Adasyn, BorderlineSmote, SmoteTomek])
@pytest.mark.parametrize("to", [0, -3, "balanced", 2.5])
def test_a_floor_is_a_count_or_balance(cls, to) -> None:
    with pytest.raises(InputError, match="positive count or balance"):
        cls(to=to)


@pytest.mark.parametrize("storage", ["dense", "sparse", "double"])
def test_neighbours_equal_scikit_learns(storage) -> None:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(2500, 12))
    X[:, 0] += 3
    X = X if storage == "double" else X.astype(np.float32)
    if storage == "sparse":
        X = sp.csr_matrix(np.where(rng.random(X.shape) < np.linspace(0.9, 0.3, 12), X, 0))
    queries = X[::7]
    exact = NearestNeighbors(n_neighbors=6, algorithm="brute").fit(X.astype(float))
    away, ids = Neighbours(6).fit(X).kneighbors(queries)
    wanted_away, wanted = exact.kneighbors(queries.astype(float))
    np.testing.assert_array_equal(ids[:, 1:], wanted[:, 1:])
    np.testing.assert_allclose(away[:, 1:], wanted_away[:, 1:], rtol=1e-6)
    nearest = exact.kneighbors(X.astype(float), n_neighbors=2, return_distance=False)[:, 1]
    np.testing.assert_array_equal(nearest_other(X), nearest)


def test_neighbours_take_equal_rows_in_order() -> None:
    X = np.array([[0.0], [0.0], [5.0], [0.0]], dtype=np.float32)
    assert Neighbours(3).fit(X).kneighbors(X, return_distance=False)[0].tolist() == [0, 1, 3]
    assert nearest_other(X).tolist() == [1, 0, 0, 0]


def test_answers_are_remembered_for_the_first_matrix_only(problem) -> None:
    near = Neighbours(2).fit(problem.X)
    first = near.kneighbors(problem.X[:5], return_distance=False)
    near.fit(problem.X[:5])
    inside = near.kneighbors(problem.X[:5], return_distance=False)
    again = near.fit(problem.X).kneighbors(problem.X[:5], return_distance=False)
    assert inside.max() < 5
    np.testing.assert_array_equal(first, again)
