"""Allocation: stable, fair, and independent from trial to trial."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import pytest
from scipy.stats import chi2_contingency, chisquare

from longshelf.errors import InputError
from longshelf.trials import Trial

USERS = [f"user {number}" for number in range(20_000)]


def numbers(trial: Trial) -> np.ndarray:
    return np.array([trial.arms.index(trial.arm_of(user)) for user in USERS])


def test_an_arm_is_that_of_the_hash_and_never_changes() -> None:
    trial = Trial(name="ranker", arms=("plain", "remedied"), shares=(0.3, 0.7), salt="s")
    for user in USERS[:50]:
        digest = blake2b(f"1:s6:ranker{user}".encode(), digest_size=8).digest()
        place = int.from_bytes(digest, "big") / 2**64
        assert trial.arm_of(user) == ("plain" if place < 0.3 else "remedied")
    assert [trial.arm_of(f"u{number}") for number in range(8)] == FROZEN


FROZEN = ["remedied", "remedied", "remedied", "remedied", "plain", "remedied", "plain", "remedied"]


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.1, 0.2, 0.7), (0.9, 0.1)])
def test_shares_are_kept(shares: tuple[float, ...]) -> None:
    arms = tuple("abc"[: len(shares)])
    found = np.bincount(numbers(Trial(name="x", arms=arms, shares=shares)), minlength=len(arms))
    assert chisquare(found, np.array(shares) * len(USERS)).pvalue > 0.001


def test_an_arm_without_share_is_seen_by_nobody() -> None:
    assert set(numbers(Trial(name="x", arms=("a", "b", "c"), shares=(0.0, 1.0, 0.0)))) == {1}


@pytest.mark.parametrize("other", [{"name": "two"}, {"name": "one", "salt": "spring"}])
def test_trials_know_nothing_of_each_other(other: dict[str, str]) -> None:
    one = numbers(Trial(name="one", arms=("a", "b")))
    two = numbers(Trial(arms=("a", "b"), **other))
    assert (one != two).mean() > 0.4
    assert chi2_contingency(np.histogram2d(one, two, bins=2)[0]).pvalue > 0.001


def test_where_salt_ends_and_name_begins_matters() -> None:
    one, two = (
        Trial(name="bc", salt="a", arms=("a", "b")),
        Trial(name="c", salt="ab", arms=("a", "b")),
    )
    assert (numbers(one) != numbers(two)).mean() > 0.4


def test_other_shares_move_only_who_must_move() -> None:
    trial = Trial(name="x", arms=("a", "b"))
    moved = numbers(trial) != numbers(trial.with_shares((0.6, 0.4)))
    assert abs(moved.mean() - 0.1) < 0.01


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "", "arms": ("a", "b")}, "needs a name"),
        ({"name": "x", "arms": ("a",)}, "two or more"),
        ({"name": "x", "arms": ("a", "a")}, "different arms"),
        ({"name": "x", "arms": ("a", "b"), "shares": (1.0,)}, "2 arms and 1 shares"),
        ({"name": "x", "arms": ("a", "b"), "shares": (0.5, 0.6)}, "sum to 1"),
        ({"name": "x", "arms": ("a", "b"), "shares": (1.5, -0.5)}, "sum to 1"),
        ({"name": "x", "arms": ("a", "b"), "shares": (float("nan"), 0.5)}, "sum to 1"),
    ],
)
def test_what_cannot_be_is_said(wrong: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Trial(**wrong)
    with pytest.raises(InputError, match="did you mean 'plain'"):
        Trial(name="x", arms=("plain", "b")).share_of("plan")
