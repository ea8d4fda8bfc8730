"""Team draft and its test: fair on equal lists, and the better list wins."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.stats import binomtest

from longshelf.errors import InputError
from longshelf.trials import (
    Interval,
    always_valid,
    arranged,
    control_sentence,
    credit,
    preferred,
    team_draft,
)


def test_lists_of_a_draft_are_those_the_algorithm_allows() -> None:
    rng = np.random.default_rng(0)
    seen = Counter()
    for _ in range(4000):
        items, teams = team_draft([1, 2, 3], [2, 4, 1], 3, rng)
        assert len(set(items)) == 3
        assert abs(teams.count(0) - teams.count(1)) == 1
        seen[tuple(items), tuple(teams)] += 1
    expected = {
        ((1, 2, 3), (0, 1, 0)): 1 / 4,
        ((1, 2, 4), (0, 1, 1)): 1 / 4,
        ((2, 1, 3), (1, 0, 0)): 1 / 4,
        ((2, 1, 4), (1, 0, 1)): 1 / 4,
    }
    assert set(seen) == set(expected)
    assert all(abs(seen[draft] / 4000 - share) < 0.03 for draft, share in expected.items())


def test_short_lists_end_where_nothing_is_left() -> None:
    items, teams = team_draft("ab", "b", 5, np.random.default_rng(1))
    assert sorted(items) == ["a", "b"]
    assert len(teams) == 2
    with pytest.raises(InputError, match="one place"):
        team_draft("a", "b", 0, np.random.default_rng(1))


def visits(one, two, chance, n, seed, looked=(1.0, 0.6, 0.4)):
    rng = np.random.default_rng(seed)
    votes = []
    for _ in range(n):
        items, teams = team_draft(one, two, 3, rng)
        clicked = rng.random(3) < np.array([chance[item] for item in items]) * looked
        votes.append(credit(np.array([teams]), clicked[None])[0])
    return np.array(votes)


def test_equal_lists_draw_and_the_better_list_wins() -> None:
    chance = dict(zip("abcdef", (0.3, 0.25, 0.2, 0.05, 0.05, 0.05), strict=True))
    same = [preferred(visits("abc", "abc", chance, 300, seed)).p for seed in range(60)]
    assert np.mean(np.array(same) < 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 60)
    found = preferred(visits("def", "abc", chance, 600, 3))
    assert found.wins > 2 * found.losses
    assert found.p < 1e-6
    assert always_valid(found.effect, planned=600).verdict == 1
    assert preferred(visits("abc", "def", chance, 600, 3)).share < 0.5


def test_the_sign_test_is_scipys_and_a_user_is_one_vote() -> None:
    votes = np.array([2.0, 1, -1, 0, 3, 1, 1, -2, 1])
    found = preferred(votes)
    assert found.p == pytest.approx(binomtest(found.wins, found.wins + found.losses).pvalue)
    by_user = preferred(votes, np.array([1, 1, 1, 1, 1, 1, 1, 2, 2]))
    assert (by_user.wins, by_user.losses) == (1, 1)
    assert by_user.p == 1
    assert preferred(np.zeros(4)).p == 1
    assert credit(np.array([[0, 1, -1]]), np.ones((1, 3)))[0] == 0


def test_controls_leave_or_shuffle_the_list_by_request() -> None:
    items = list(range(10))
    assert arranged("no-op", items, "r") == arranged("remedied", items, "r") == items
    orders = [arranged("shuffle", items, f"r{number}") for number in range(2000)]
    assert orders[0] == arranged("shuffle", items, "r0")
    firsts = Counter(order[0] for order in orders)
    assert all(140 < firsts[item] < 260 for item in items)


@pytest.mark.parametrize(
    ("arm", "low", "high", "said"),
    [
        ("no-op", 0.1, 0.2, "DIFFERS"),
        ("no-op", -0.1, 0.2, "as it must be"),
        ("shuffle", -0.2, -0.1, "worse"),
        ("shuffle", 0.1, 0.2, "BETTER"),
        ("shuffle", -0.1, 0.2, "too few"),
    ],
)
def test_controls_speak(arm: str, low: float, high: float, said: str) -> None:
    interval = Interval(value=(low + high) / 2, low=low, high=high, alpha=0.05)
    assert said in control_sentence(arm, interval)
