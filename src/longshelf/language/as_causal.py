"""A small GPT that was trained here, as the decoder everything else is asked through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from longshelf.errors import InputError
from longshelf.language.causal_lm import CausalLm
from longshelf.language.text_tokens import END, PAD

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.language.gpt_network import GptNetwork
    from longshelf.language.small_gpt import TrainedGpt

__all__ = ["as_causal"]

LAYER = {
    "before": "ln_1",
    "attention.joint": "attn.c_attn",
    "attention.out": "attn.c_proj",
    "between": "ln_2",
    "wide": "mlp.c_fc",
    "narrow": "mlp.c_proj",
}
"""What GPT-2 calls the parts of a layer; it holds matrices turned."""


def as_causal(trained: TrainedGpt) -> CausalLm:
    """The same network as a GPT-2; its one condition becomes the token every prompt begins with.

    Raises
    ------
    InputError
        If the network was trained with other than one condition of one level.
    """
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    if [len(levels) for levels in trained.levels] != [1]:
        raise InputError(
            "a small GPT is read as a plain decoder if it has one condition of one level, got "
            f"{len(trained.levels)} conditions of {[len(levels) for levels in trained.levels]}"
        )
    net, width = trained.net, int(trained.net.token.weight.shape[1])
    config = GPT2Config(
        vocab_size=len(trained.tokens), n_positions=len(net.place.weight), n_embd=width,
        n_layer=len(net.layers), n_head=trained.recipe.heads, tie_word_embeddings=False,
        bos_token_id=PAD, eos_token_id=END, pad_token_id=PAD,
    )  # fmt: skip
    with torch.random.fork_rng():
        peer = GPT2LMHeadModel(config)
    peer.load_state_dict(dict(_weights(net)))
    return CausalLm(peer.float().eval().to(trained.device), _tokenizer(trained), "small_gpt")


def _weights(net: GptNetwork) -> Iterator[tuple[str, Tensor]]:
    """GPT-2's names and values."""
    import torch

    state = net.state_dict()
    with torch.inference_mode():
        tokens = state["token.weight"].clone()
        tokens[PAD] = net.asked(torch.zeros((1, 1), dtype=torch.long, device=tokens.device))[0, 0]
    yield "transformer.wte.weight", tokens
    yield "lm_head.weight", state["token.weight"].clone()
    yield "transformer.wpe.weight", state["place.weight"]
    for kind in ("weight", "bias"):
        yield f"transformer.ln_f.{kind}", state[f"last.{kind}"]
        for at in range(len(net.layers)):
            for own, name in LAYER.items():
                value = state[f"layers.{at}.{own}.{kind}"]
                yield f"transformer.h.{at}.{name}.{kind}", value.T if value.ndim == 2 else value


def _tokenizer(trained: TrainedGpt) -> object:
    from tokenizers import Tokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer.from_str(trained.tokens.render())
    inner.post_processor = TemplateProcessing(single="<pad> $A", special_tokens=[("<pad>", PAD)])
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<pad>", eos_token="<end>", pad_token="<pad>"
    )
