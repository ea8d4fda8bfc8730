"""Language models of a few thousand random numbers, saved as any other model is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEXTS = [
    "Nike men red running shoes",
    "Puma women blue cotton shirt",
    "Titan women gold watch 40mm",
    "Nike women white running shoes size 42",
    "red cotton dress for women",
    "Sony WH-1000XM4 wireless headphones, black",
    "blue silk tie and white shirt",
    "男士红色跑鞋",
    "女士棉质连衣裙 夏季新款",
    "蓝色运动鞋",
]
"""What the tokenizers are trained on."""


def word_pieces() -> Any:
    """A cased WordPiece tokenizer of the kind BERT has; Chinese characters stand alone."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    inner.normalizer = normalizers.BertNormalizer(lowercase=False)
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inner.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    inner.train_from_iterator(TEXTS * 3, trainer)
    inner.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(mark, inner.token_to_id(mark)) for mark in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]", model_max_length=64,
    )  # fmt: skip


def bytes_of(*, ends: bool = False) -> Any:
    """A byte-level BPE tokenizer of the kind GPT-2 has; ``ends`` closes every text, as Marian's does."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["</s>", "<pad>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(TEXTS * 3, trainer)
    if ends:
        inner.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 0)])
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="</s>", pad_token="<pad>", model_max_length=64
    )


def save(folder: Path, model: Any, tokenizer: Any) -> Path:
    """Both in one folder."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def bert(folder: Path) -> Path:
    """A masked language model."""
    import torch
    from transformers import BertConfig, BertForMaskedLM

    tokenizer = word_pieces()
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64, initializer_range=0.3,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return save(folder, BertForMaskedLM(config), tokenizer)


def gpt(folder: Path) -> Path:
    """A causal language model."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    tokenizer = bytes_of()
    config = GPT2Config(
        vocab_size=len(tokenizer), n_positions=256, n_embd=16, n_layer=1, n_head=2,
        bos_token_id=0, eos_token_id=0, pad_token_id=1, initializer_range=0.3,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return save(folder, GPT2LMHeadModel(config), tokenizer)


def marian(folder: Path, seed: int = 0) -> Path:
    """A model that turns a text into another."""
    import torch
    from transformers import MarianConfig, MarianMTModel

    tokenizer = bytes_of(ends=True)
    config = MarianConfig(
        vocab_size=len(tokenizer), d_model=16, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32,
        decoder_ffn_dim=32, max_position_embeddings=64, pad_token_id=1, eos_token_id=0,
        forced_eos_token_id=0, decoder_start_token_id=1, init_std=0.3, scale_embedding=False,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return save(folder, MarianMTModel(config), tokenizer)
