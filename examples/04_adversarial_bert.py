"""FGM inside a tiny BERT that this example makes and saves; it perturbs the vectors of the stem."""

import sys
import tempfile
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertModel

import longshelf as ls
from longshelf.features import Features
from longshelf.models import Model
from longshelf.models.base import OF_ROWS
from longshelf.models.classify.neural import LEARNING
from longshelf.models.network import LinearHead, Net
from longshelf.recipe import Recipe
from longshelf.training import train

RECIPE = Recipe(epochs=3, batch=64, rate=2e-3)
WIDTH = {"vocab_size": 2000, "hidden_size": 64, "intermediate_size": 128}
SIZE = {**WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2}


@dataclass(frozen=True, kw_only=True)
class Pieces(Features):
    """Word pieces of the first text column, learned on the training part, padded with 0."""

    def fit(self, train, schema):
        pieces = BertWordPieceTokenizer()
        pieces.train_from_iterator(train.inputs[schema.text[0]], 2000, show_progress=False)
        pieces.enable_truncation(16), pieces.enable_padding(length=16)
        return FittedPieces(pieces, schema.text[0])


@dataclass(frozen=True)
class FittedPieces:
    pieces: BertWordPieceTokenizer
    column: str

    def transform(self, rows):
        texts = rows.inputs[self.column].to_list()
        return np.array([one.ids for one in self.pieces.encode_batch(texts)])


class Layers(torch.nn.Module):
    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, h, x):
        mask = (x > 0).long()
        hidden = self.bert(inputs_embeds=h, attention_mask=mask)[0] * mask[..., None]
        return hidden.sum(1) / mask.sum(1, keepdim=True).clamp_min(1)


@dataclass(frozen=True, kw_only=True)
class SavedBert(Model):
    folder: str
    honours: ClassVar[frozenset] = OF_ROWS | LEARNING

    def fit(self, X, rows, valid, targets, strategy, rng):
        with torch.random.fork_rng():
            torch.manual_seed(int(rng.integers(2**31)))
            bert = BertModel.from_pretrained(self.folder, add_pooling_layer=False)
            net = Net(bert.get_input_embeddings(), Layers(bert), LinearHead(64, len(targets)))
            return train(net, X, rows, valid, targets, strategy, rng, RECIPE)


if __name__ == "__main__":
    dataset = ls.load(sys.argv[1] if len(sys.argv) > 1 else "marketplace")
    with tempfile.TemporaryDirectory() as folder:
        BertModel(BertConfig(**SIZE), add_pooling_layer=False).save_pretrained(folder)
        bert = SavedBert(folder=folder)
        for strategy in ("none", "Fgm(epsilon=0.1)", "Fgm(epsilon=0.1) + LogitAdjusted"):
            arm = ls.fit(dataset, features=Pieces(), model=bert, strategy=strategy)
            every, tail = (f"{arm.value('macro_f1', part):.3f}" for part in ("all", "tail"))
            print(f"{strategy:32} macro-F1 {every}  tail {tail}")
