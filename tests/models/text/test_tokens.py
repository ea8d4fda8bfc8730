"""Texts as token numbers: what is shared, padded, cut and put in order."""

import numpy as np
import pytest
import torch

from longshelf.features.pretrained import locate
from longshelf.models.network import Ragged, blocks, bucketed
from longshelf.models.text.own_words import OwnVocabulary
from longshelf.models.text.published import PublishedVocabulary
from longshelf.models.text.tokens import Tokens

TEXTS = np.array([["red dress"], ["blue running shoes"], ["red dress"], [""]], dtype=object)


def ragged(sizes):
    sequences = [np.arange(1, size + 1) for size in sizes]
    return Tokens(sequences, np.array(sizes), np.arange(len(sizes)), 0)


def test_equal_texts_share_their_tokens_and_rows_keep_their_order():
    rows = OwnVocabulary.of(TEXTS, "words", 1, 10).encode(TEXTS)
    assert isinstance(rows, Ragged)
    assert len(rows.sizes) == 3
    assert rows.lengths.tolist() == [2, 3, 2, 1]
    batch = rows[np.array([2, 1])].batch(np.array([0, 1]))
    whole = rows.batch(np.array([2, 1]))
    assert torch.equal(batch.ids, whole.ids)
    assert batch.mask.tolist() == [[True, True, False], [True, True, True]]


def test_words_that_are_rare_or_new_are_unknown():
    vocabulary = OwnVocabulary.of(TEXTS, "words", 2, 10)
    assert sorted(vocabulary.places) == ["dress", "red"]
    ids = vocabulary.encode(np.array([["Red shoes"]], dtype=object)).batch(np.array([0])).ids
    assert ids.tolist() == [[vocabulary.places["red"], 1]]


def test_chinese_words_and_characters():
    X = np.array([["红色连衣裙"], ["蓝色连衣裙"]], dtype=object)
    assert "连衣裙" in OwnVocabulary.of(X, "words", 2, 10).places
    assert set(OwnVocabulary.of(X, "characters", 2, 10).places) == set("色连衣裙")


@pytest.mark.parametrize("size", [1, 7, 64])
def test_every_row_is_drawn_once_and_batches_are_alike_in_length(size):
    rng = np.random.default_rng(0)
    rows = ragged(rng.integers(1, 40, 300))
    order = rng.permutation(300)
    batches = list(bucketed(rows, order, size, 50, rng))
    assert sorted(np.concatenate(batches).tolist()) == list(range(300))
    assert max(map(len, batches)) == size
    spread = np.mean([np.ptp(rows.lengths[batch]) for batch in batches])
    random = np.mean([np.ptp(rows.lengths[order[s : s + size]]) for s in range(0, 300, size)])
    assert spread <= random / 2


def test_blocks_to_score_hold_every_row_once_within_their_budget(monkeypatch):
    monkeypatch.setattr("longshelf.models.network.TOKENS", 50)
    rows = ragged([3, 60, 20, 20, 1])
    found = list(blocks(rows, 8192))
    assert sorted(np.concatenate(found).tolist()) == [0, 1, 2, 3, 4]
    assert all(len(b) == 1 or len(b) * rows.lengths[b].max() <= 50 for b in found)


def test_published_tokens_are_those_of_the_publisher(tiny_bert_folder):
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(str(tiny_bert_folder))
    rows = PublishedVocabulary(locate(str(tiny_bert_folder)), 8).encode(TEXTS)
    for at, (text,) in enumerate(TEXTS.tolist()):
        own = rows.batch(np.array([at])).ids[0].tolist()
        assert own == theirs(text, truncation=True, max_length=8)["input_ids"]


def test_pairs_together_and_apart():
    source = locate("minilm")
    pairs = np.array([["red dress", "a skirt"], ["shoes", ""]], dtype=object)
    one = PublishedVocabulary(source, 16).encode(pairs).batch(np.arange(2))
    assert one.segments.sum(dim=1).tolist() == [3, 1]
    two = PublishedVocabulary(source, 16, apart=True).encode(pairs).batch(np.arange(2))
    begins = two.ids[torch.arange(2), two.second]
    assert (begins == two.ids[:, 0]).all()
