"""Head, torso and tail by hand and by a plain loop."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshelf.errors import InputError
from longshelf.slices import RULES, cut

counts = st.lists(st.integers(0, 500), min_size=1, max_size=30)


def by_hand(natural):
    """Mass rule as its definition reads, ties to the earlier slice."""
    order = sorted(range(len(natural)), key=lambda i: -natural[i])
    total, held, least = sum(natural), 0, {}
    for i in order:
        held += natural[i]
        for share in (0.5, 0.8):
            if held >= share * total and share not in least:
                least[share] = natural[i]
    return [0 if n >= least[0.5] else 1 if n >= least[0.8] else 2 for n in natural]


@given(counts)
def test_the_mass_rule_is_its_definition(natural):
    slices = cut(np.array(natural, dtype=float))
    if sum(natural):
        wanted = [2 if n == 0 else s for n, s in zip(natural, by_hand(natural), strict=True)]
        assert slices.of.tolist() == wanted
    assert slices.cold.tolist() == [n == 0 for n in natural]


@given(counts, st.sampled_from(sorted(RULES)), st.randoms())
def test_every_target_has_one_slice_whatever_the_order(natural, rule, random):
    slices = cut(np.array(natural, dtype=float), rule)
    members = slices.members
    whole = sum(
        members[name].astype(int) for name in ("head", "torso", "tail", "few") if name in members
    )
    assert (np.asarray(whole) == 1).all()
    order = list(range(len(natural)))
    random.shuffle(order)
    again = cut(np.array(natural, dtype=float)[order], rule)
    assert again.of.tolist() == slices.of[order].tolist()
    by_count = sorted(zip(natural, slices.of, strict=True))
    assert all(a[1] >= b[1] for a, b in pairwise(by_count))


def test_the_other_rules_by_hand():
    natural = np.array([101.0, 100, 20, 19, 0])
    assert cut(natural, "count").of.tolist() == [0, 1, 1, 2, 2]
    assert cut(np.array([80.0, 10, 5, 5]), "mass_80").of.tolist() == [0, 2, 2, 2]
    assert cut(np.arange(10, 0, -1.0), "share").of.tolist() == [0, 0] + [2] * 8
    natural = np.array([60.0, 25, 8, 7, 0])
    few = cut(natural, "mass_few")
    assert few.of.tolist() == cut(natural).of.tolist() == [0, 1, 2, 2, 2]
    members = {name: mask.tolist() for name, mask in few.members.items()}
    assert members["tail"] == [False, False, True, False, False]
    assert members["few"] == [False, False, False, True, True]
    with pytest.raises(InputError, match="did you mean 'count'"):
        cut(natural, "counts")
