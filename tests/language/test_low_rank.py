"""Low-rank tuning: of the rank asked for, learned from what follows a prompt alone."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra deep")
pytest.importorskip("peft", reason="needs the extra llm")

from longshelf.language.causal_lm import CausalLm  # noqa: E402
from longshelf.language.low_rank import _Continued, tuned  # noqa: E402
from longshelf.language.next_token import Schedule  # noqa: E402

SCHEDULE = Schedule(passes=30, tokens=4000, least=1, batch=64, rate=2e-2, decay=0.0, held_out=0.1)
PAIRS = [("Category: Ties\nText:", f" silk tie {i}\n") for i in range(30)]
PAIRS += [("Category: Mugs\nText:", f" red mug {i}\n") for i in range(30)]
CODE = np.repeat([0, 1], 30)


def learned(folder, seed=0, schedule=SCHEDULE, rank=2):
    lm = CausalLm.load(str(folder))
    prompts = lm.tokens([prompt for prompt, _ in PAIRS])
    follows = lm.continuations([text for _, text in PAIRS], "Text:")
    return tuned(lm, prompts, follows, CODE, np.random.default_rng(seed), schedule, rank=rank)


def test_what_follows_is_told_better_and_weights_change_by_the_rank(tiny_gpt_folder):
    before = CausalLm.load(str(tiny_gpt_folder))
    lm, history = learned(tiny_gpt_folder)
    assert history[-1]["held_out"] < 0.7 * history[0]["loss"]
    assert type(lm.net) is type(before.net)
    assert lm.parameters == before.parameters
    old, new = before.net.state_dict(), lm.net.state_dict()
    moved = {name for name in old if not torch.equal(old[name], new[name])}
    assert moved == {
        f"transformer.h.0.{part}.weight"
        for part in ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
    }
    for name in moved:
        assert int(torch.linalg.matrix_rank((new[name] - old[name]).double(), rtol=1e-4)) == 2


def test_the_prompt_is_read_and_not_scored(tiny_gpt_folder):
    """Surprise of a batch is that of each pair alone, of what follows its prompt."""
    lm = CausalLm.load(str(tiny_gpt_folder))
    prompts = lm.tokens(["Category: Ties\nText:", "a"])
    follows = lm.continuations([" silk tie\n", " red mug of clay\n"], "Text:")
    with torch.no_grad():
        found = _Continued(lm.net, prompts, follows).surprise(np.array([1, 0]))
        for row, at in enumerate((1, 0)):
            ids = torch.tensor([[*prompts[at], *follows[at]]])
            logs = lm.net(ids).logits[0].double().log_softmax(-1)
            first = len(prompts[at])
            wanted = -sum(float(logs[first + i - 1, one]) for i, one in enumerate(follows[at]))
            assert float(found[row]) == pytest.approx(wanted, rel=1e-4)


def test_the_same_seed_gives_the_same_model_and_torch_is_left_alone(tiny_gpt_folder):
    brief = Schedule(passes=1, tokens=300, least=1, batch=64, rate=1e-2)
    before = torch.random.get_rng_state()
    first, second, other = (
        learned(tiny_gpt_folder, seed, brief)[0].net.state_dict() for seed in (0, 0, 1)
    )
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)
