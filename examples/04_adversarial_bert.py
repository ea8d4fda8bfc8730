"""FGM inside a tiny BERT that this example makes and saves: features, model and remedy meet.

Where rows first become vectors is the stem, and that is what FGM perturbs.
"""

import sys
import tempfile
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertModel
from transformers.utils import logging

import longshelf as ls
from longshelf.features import Features
from longshelf.models import Model
from longshelf.models.network import LinearHead, Net
from longshelf.training import Recipe, train

LEARNING = ["expand", "resample", "weigh", "sample", "build", "logits", "loss", "step", "stages"]
SIZE = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}


@dataclass(frozen=True, kw_only=True)
class Pieces(Features):
    """Word pieces of the first text column, learned on the training part, padded with 0."""

    def fit(self, train, schema):
        pieces = BertWordPieceTokenizer()
        titles = train.inputs[schema.text[0]].to_list()
        pieces.train_from_iterator(titles, vocab_size=2000, show_progress=False)
        pieces.enable_truncation(16)
        pieces.enable_padding(length=16)
        return FittedPieces(pieces, schema.text[0])


class FittedPieces:
    def __init__(self, pieces, column):
        self.pieces, self.column = pieces, column

    def transform(self, rows):
        found = self.pieces.encode_batch(rows.inputs[self.column].to_list())
        return np.array([one.ids for one in found])


class Layers(torch.nn.Module):
    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, h, x):
        mask = (x > 0)[..., None]
        hidden = self.bert(inputs_embeds=h, attention_mask=(x > 0).long()).last_hidden_state
        return (hidden * mask).sum(1) / mask.sum(1).clamp_min(1)


@dataclass(frozen=True, kw_only=True)
class SavedBert(Model):
    """A BERT from a folder, tuned in full."""

    folder: str
    honours: ClassVar[frozenset] = frozenset(LEARNING)

    def fit(self, X, rows, valid, targets, strategy, rng):
        with torch.random.fork_rng():
            torch.manual_seed(int(rng.integers(2**31)))
            bert = BertModel.from_pretrained(self.folder, add_pooling_layer=False)
            net = Net(bert.get_input_embeddings(), Layers(bert), LinearHead(64, len(targets)))
            recipe = Recipe(epochs=5, batch=64, rate=2e-3)
            return train(net, X, rows, valid, targets, strategy, rng, recipe)


if __name__ == "__main__":
    logging.disable_progress_bar()
    dataset = ls.load(sys.argv[1] if len(sys.argv) > 1 else "marketplace")
    with tempfile.TemporaryDirectory() as folder:
        tiny = BertConfig(vocab_size=2000, intermediate_size=128, **SIZE)
        BertModel(tiny, add_pooling_layer=False).save_pretrained(folder)
        model = SavedBert(folder=folder)
        for strategy in ("none", "Fgm(epsilon=0.1)", "Fgm(epsilon=0.1) + LogitAdjusted"):
            arm = ls.fit(dataset, features=Pieces(), model=model, strategy=strategy)
            scores = [arm.value("macro_f1", part) for part in ("all", "tail")]
            print(f"{strategy:32} macro-F1 {scores[0]:.3f}  tail {scores[1]:.3f}")
