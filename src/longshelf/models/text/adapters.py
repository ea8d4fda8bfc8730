"""What of a pretrained transformer learns: everything, low-rank changes, or a learned prefix."""

from __future__ import annotations

import warnings
from typing import Any, Literal

from torch import Tensor, nn

from longshelf.features.pretrained import Pretrained
from longshelf.models.text.encoder_net import Pooling, TokenStem, TransformerBody, load

__all__ = ["Adapter", "parts"]

Adapter = Literal["full", "lora", "prefix"]


def parts(
    source: Pretrained,
    pooling: Pooling,
    adapter: Adapter,
    *,
    apart: bool,
    rank: int,
    recompute: bool,
) -> tuple[TokenStem, nn.Module, int]:
    """Stem and body of a pretrained transformer, and the width of what the body gives.

    Parameters
    ----------
    source : Pretrained
        The model.
    pooling : {"mean", "cls", "last"}
        One vector of the token states.
    adapter : {"full", "lora", "prefix"}
        Low-rank changes of every linear map [1]_, or learned keys and values before the first
        token [2]_; what the adapter leaves alone is fixed.
    apart : bool
        Two texts of a row are encoded apart.
    rank : int
        Of the low-rank changes; of a prefix, its length.
    recompute : bool
        Keep no activations of the layers and compute them again on the way back.

    References
    ----------
    .. [1] Hu et al., LoRA, ICLR 2022, arXiv:2106.09685, eq. 3.
    .. [2] Li and Liang, Prefix-Tuning, ACL 2021, arXiv:2101.00190, section 4.
    """
    model: Any = load(source)
    table: Tensor = model.get_input_embeddings().weight.detach().clone()
    stem = TokenStem(table, learn=adapter == "full")
    if recompute:
        renamed = hasattr(model, "activation_checkpointing_enable")
        enable = (
            model.activation_checkpointing_enable
            if renamed
            else model.gradient_checkpointing_enable
        )
        enable({"use_reentrant": False})
    if adapter != "full":
        model = _adapted(model, adapter, rank)
    body = TransformerBody(model, pooling, apart=apart, packs=adapter != "prefix")
    return stem, body, body.width


def _adapted(model: Any, adapter: Adapter, rank: int) -> Any:
    try:
        import peft
    except ImportError as error:
        from longshelf.errors import missing_extra

        raise missing_extra("peft", "llm", f"tuning by {adapter}") from error
    if adapter == "prefix":
        wanted = peft.PrefixTuningConfig(task_type="FEATURE_EXTRACTION", num_virtual_tokens=rank)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return peft.get_peft_model(model, wanted)
    linear = sorted({
        name.rsplit(".", 1)[-1] for name, part in model.named_modules()
        if isinstance(part, nn.Linear) or type(part).__name__ == "Conv1D"
    })  # fmt: skip
    turned = any(type(part).__name__ == "Conv1D" for part in model.modules())
    changed = peft.LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules=linear, fan_in_fan_out=turned
    )
    return peft.inject_adapter_in_model(changed, model)
