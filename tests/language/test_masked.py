"""What a masked model says in a gap, against transformers one text at a time."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra deep")
pytest.importorskip("transformers", reason="needs the extra deep")

from longshelf.errors import NotApplicable  # noqa: E402
from longshelf.language.masked import MaskedLm  # noqa: E402

TEXTS = [
    "Nike men [MASK] running shoes", "[MASK]", "女士[MASK][MASK]连衣裙 夏季新款", "red [MASK]", "no gap here",
    "cotton " * 80 + "[MASK]",
]  # fmt: skip


@pytest.fixture(scope="module")
def lm(tiny_bert_folder):
    return MaskedLm.load(str(tiny_bert_folder))


def test_the_first_gap_is_read_as_transformers_reads_it(lm, tiny_bert_folder) -> None:
    from transformers import AutoTokenizer, BertForMaskedLM

    tokenizer = AutoTokenizer.from_pretrained(tiny_bert_folder)
    peer = BertForMaskedLM.from_pretrained(tiny_bert_folder).eval()
    logs, seen = lm.said(TEXTS)
    assert seen.tolist() == [True] * 4 + [False] * 2
    for text, row in zip(TEXTS[:4], logs, strict=False):
        fed = tokenizer(text, return_tensors="pt")
        at = fed["input_ids"][0].tolist().index(tokenizer.mask_token_id)
        with torch.inference_mode():
            wanted = peer(**fed).logits[0, at].log_softmax(-1)
        np.testing.assert_allclose(row, wanted.numpy(), atol=1e-4)


def test_words_are_whole_and_without_digits(lm) -> None:
    assert {"Nike", "running", "shoes", "cotton"} <= set(lm.latin.words.tolist())
    assert not any("#" in word or not word.isalpha() for word in lm.latin.words.tolist())
    assert {"跑", "鞋"} <= set(lm.han.words.tolist())
    assert all(len(word) == 1 for word in lm.han.words.tolist())
    for words in (lm.latin, lm.han):
        back = lm.tokenizer.convert_ids_to_tokens(words.ids.tolist())
        assert back == words.words.tolist()


def test_byte_pairs_begin_words_with_a_mark(tiny_gpt_folder) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_gpt_folder)
    tokenizer.add_special_tokens({"mask_token": "<mask>"})
    lm = MaskedLm(None, tokenizer)
    assert "running" in lm.latin.words.tolist()
    tokens = tokenizer.convert_ids_to_tokens(lm.latin.ids.tolist())
    assert tokens == [f"Ġ{word}" for word in lm.latin.words.tolist()]


def test_a_model_without_gaps_is_refused(tiny_bert_folder, tmp_path) -> None:
    from transformers import AutoTokenizer

    folder = tmp_path / "bert"
    shutil.copytree(tiny_bert_folder, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.mask_token = None
    tokenizer.save_pretrained(folder)
    with pytest.raises(NotApplicable, match="no token that stands for a gap"):
        MaskedLm.load(str(folder))
