"""Token tries against sets of beginnings, and their pieces against the whole."""

import numpy as np
import pytest

from longshelf.errors import InputError
from longshelf.language.token_trie import TokenTrie


def path(trie, node):
    found = []
    while node > 0:
        found.insert(0, int(trie.token[node]))
        node = int(trie.parent[node])
    return tuple(found)


@pytest.fixture(params=[0, 1, 2])
def sequences(request):
    draw = np.random.default_rng(request.param)
    return [tuple(draw.integers(4, size=draw.integers(1, 6)).tolist()) for _ in range(60)]


def test_nodes_are_the_distinct_beginnings(sequences):
    trie = TokenTrie.of(sequences)
    beginnings = {own[:cut] for own in sequences for cut in range(len(own) + 1)}
    assert {path(trie, node) for node in range(len(trie))} == beginnings
    assert len(trie) == len(beginnings)
    assert [path(trie, end) for end in trie.ends] == sequences
    assert (trie.parent[1:] < np.arange(1, len(trie))).all()
    assert trie.depth.tolist() == [len(path(trie, node)) for node in range(len(trie))]


def test_children_and_strings_of_a_node(sequences):
    trie = TokenTrie.of(sequences)
    for node in range(len(trie)):
        assert set(trie.children(node)) == set(np.flatnonzero(trie.parent == node))
        assert set(trie.strings[node]) == set(np.flatnonzero(trie.ends == node))


@pytest.mark.parametrize("most", [1, 3, 1000])
def test_pieces_hold_every_inner_node_once_with_all_above_it(sequences, most):
    trie = TokenTrie.of(sequences)
    inner = [node for node in range(1, len(trie)) if len(trie.children(node))]
    pieces = list(trie.pieces(most))
    assert [node for piece in pieces for node in piece.nodes[piece.own]] == inner
    assert trie.inner == len(inner)
    for piece in pieces:
        assert piece.own.sum() <= most
        assert (np.diff(piece.nodes) > 0).all()
        for node, above in zip(piece.nodes, piece.above, strict=True):
            own = path(trie, node)
            seen = {path(trie, other) for other in piece.nodes[above]}
            assert seen == {own[:cut] for cut in range(1, len(own) + 1)}


def test_an_empty_string_is_refused():
    with pytest.raises(InputError, match="string 1 of 2 has no token"):
        TokenTrie.of([[1], []])
