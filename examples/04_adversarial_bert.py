"""FGM inside a tiny BERT that this example makes and saves: features, model and remedy meet.

The model is thirty lines: where its rows first become vectors is the stem, and that is what FGM
perturbs. Nothing in the core knows of BERT.
"""

import sys
import tempfile
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import BertConfig, BertModel
from transformers.utils import logging

import longshelf as ls
from longshelf.features import Features
from longshelf.models import Model
from longshelf.models.network import LinearHead, Net
from longshelf.training import Recipe, train

LEARNING = {"expand", "resample", "weigh", "sample", "build", "logits", "loss", "step", "stages"}


@dataclass(frozen=True, kw_only=True)
class Pieces(Features):
    """Word pieces of the titles, learned on the training part, padded with 0."""

    length: int = 16

    def fit(self, train, schema):
        pieces = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        pieces.normalizer = normalizers.BertNormalizer()
        pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        special = ["[PAD]", "[UNK]"]
        trainer = trainers.WordPieceTrainer(
            vocab_size=2000, special_tokens=special, show_progress=False
        )
        pieces.train_from_iterator(train.inputs[schema.text[0]].to_list(), trainer)
        pieces.enable_truncation(self.length)
        pieces.enable_padding(length=self.length)
        return Fitted(pieces, schema.text[0])


@dataclass(frozen=True)
class Fitted:
    pieces: Tokenizer
    column: str

    def transform(self, rows):
        return np.array(
            [e.ids for e in self.pieces.encode_batch(rows.inputs[self.column].to_list())]
        )


class Encoder(torch.nn.Module):
    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, h, x):
        mask = x > 0
        hidden = self.bert(inputs_embeds=h, attention_mask=mask.long()).last_hidden_state
        return (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp_min(1)


@dataclass(frozen=True, kw_only=True)
class SavedBert(Model):
    """A BERT from a folder, tuned in full."""

    folder: str
    honours: ClassVar[frozenset] = frozenset(LEARNING)

    def fit(self, X, rows, valid, targets, strategy, rng):
        with torch.random.fork_rng():
            torch.manual_seed(int(rng.integers(2**31)))
            bert = BertModel.from_pretrained(self.folder, add_pooling_layer=False)
            net = Net(
                bert.get_input_embeddings(),
                Encoder(bert),
                LinearHead(bert.config.hidden_size, len(targets)),
            )
            recipe = Recipe(epochs=10, batch=64, rate=2e-3)
            return train(net, X, rows, valid, targets, strategy, rng, recipe)


if __name__ == "__main__":
    dataset = ls.load(sys.argv[1] if len(sys.argv) > 1 else "marketplace")
    logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        size = {
            "hidden_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 128,
        }
        BertModel(BertConfig(vocab_size=2000, **size), add_pooling_layer=False).save_pretrained(
            folder
        )
        for strategy in ("none", "Fgm(epsilon=0.1)", "Fgm(epsilon=0.1) + LogitAdjusted"):
            arm = ls.fit(
                dataset, features=Pieces(), model=SavedBert(folder=folder), strategy=strategy
            )
            print(
                f"{strategy:32} macro-F1 {arm.value('macro_f1'):.3f}  tail {arm.value('macro_f1', 'tail'):.3f}"
            )
