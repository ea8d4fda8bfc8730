"""Where models lie: folders of any hub, mirrors, and what is refused."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from longshelf.errors import Unavailable
from longshelf.language import folders
from longshelf.language.folders import find_folder, load_model


@pytest.mark.parametrize(
    ("fixture", "head"),
    [("tiny_bert_folder", "masked"), ("tiny_gpt_folder", "causal"), ("tiny_seq2seq_folder", "seq2seq")],
)  # fmt: skip
def test_a_saved_model_is_the_one_transformers_reads(request, fixture, head) -> None:
    import transformers

    folder = request.getfixturevalue(fixture)
    tokenizer, model = load_model(str(folder), head)
    peer = getattr(transformers, folders.HEADS[head][0]).from_pretrained(folder)
    assert type(model) is type(peer)
    assert not model.training
    ours, theirs = model.state_dict(), peer.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[key].cpu(), theirs[key]) for key in ours)
    assert tokenizer("Nike 跑鞋")["input_ids"]


def test_a_folder_of_modelscope_is_a_folder(tiny_gpt_folder, tmp_path) -> None:
    folder = tmp_path / "qwen"
    shutil.copytree(tiny_gpt_folder, folder)
    about = {"framework": "pytorch", "task": "text-generation"}
    (folder / "configuration.json").write_text(json.dumps(about))
    assert find_folder(str(folder)) == folder
    assert load_model(str(folder), "causal")[1].config.model_type == "gpt2"
    (folder / "config.json").unlink()
    with pytest.raises(Unavailable, match=r"lacks config\.json"):
        find_folder(str(folder))


def test_pickled_weights_are_refused_with_what_to_do(tiny_bert_folder, tmp_path) -> None:
    folder = tmp_path / "old"
    shutil.copytree(tiny_bert_folder, folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(Unavailable, match=r"pytorch_model\.bin.*save_pretrained"):
        load_model(str(folder), "masked")
    (folder / "pytorch_model.bin").unlink()
    with pytest.raises(Unavailable, match=r"lacks model\.safetensors"):
        find_folder(str(folder))


def test_weights_in_several_files_are_complete(tiny_gpt_folder, tmp_path) -> None:
    from transformers import GPT2LMHeadModel

    model = GPT2LMHeadModel.from_pretrained(tiny_gpt_folder)
    model.save_pretrained(tmp_path, max_shard_size="20KB")
    assert not (tmp_path / "model.safetensors").exists()
    shutil.copy(tiny_gpt_folder / "tokenizer.json", tmp_path)
    shutil.copy(tiny_gpt_folder / "tokenizer_config.json", tmp_path)
    loaded = load_model(str(tmp_path), "causal")[1]
    assert torch.equal(loaded.lm_head.weight.cpu(), model.lm_head.weight)


@pytest.mark.parametrize("head", ["masked", "seq2seq"])
def test_another_kind_of_model_is_refused(tiny_gpt_folder, head) -> None:
    with pytest.raises(Unavailable, match=f"cannot predict {folders.HEADS[head][1]}"):
        load_model(str(tiny_gpt_folder), head)


def test_a_head_is_never_drawn_at_random(tiny_bert_folder, tmp_path) -> None:
    from transformers import BertForMaskedLM

    BertForMaskedLM.from_pretrained(tiny_bert_folder).bert.save_pretrained(tmp_path)
    shutil.copy(tiny_bert_folder / "tokenizer.json", tmp_path)
    with pytest.raises(Unavailable, match="no weights to predict masked words"):
        load_model(str(tmp_path), "masked")


def test_names_go_to_the_mirror_once(tiny_gpt_folder, tmp_path, monkeypatch) -> None:
    asked = []

    def snapshot_download(name, *, allow_patterns, endpoint, local_files_only):
        asked.append((name, endpoint, local_files_only))
        assert not any(pattern.endswith(".bin") for pattern in allow_patterns)
        if local_files_only and len(asked) < 3:
            return str(tmp_path)
        return str(tiny_gpt_folder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
    assert find_folder("some/gpt") == tiny_gpt_folder
    here, there = (
        ("some/gpt", "https://mirror.example", True),
        ("some/gpt", "https://mirror.example", False),
    )
    assert asked == [here, there]
    find_folder("some/gpt")
    assert asked == [here, there, here]


def test_an_unreachable_name_says_what_to_do(monkeypatch) -> None:
    def snapshot_download(name, **_):
        raise OSError("no route")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    with pytest.raises(Unavailable, match=r"'some/gpt' \(OSError\).*HF_ENDPOINT.*ModelScope"):
        find_folder("some/gpt")
