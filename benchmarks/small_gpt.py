"""The small GPT beside a smoothed n-gram: time to train, texts per second, perplexity by slice.

``python benchmarks/small_gpt.py`` trains on 20,000 titles of ``fashion`` and asks both models about
4,000 others, none of which was read. Both are asked for the probability of the whole text, end
included, so figures are comparable: perplexity per word (white space; Chinese characters one by one)
and bits per character, the end counting as one of each. The GPT's is an upper bound, as other tokens
may spell the same text. The n-gram is Witten and Bell's interpolation, of all texts, and of the
category's before all texts; words nobody wrote are spelled byte by byte.

Give ``--folder`` to keep the network.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

AT_MOST = 300
"""Seconds on two cores."""

ORDERS = (1, 2, 3)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default="fashion", help="a data set with titles and one label")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--asked", type=int, default=4_000)
    parser.add_argument("--written", type=int, default=2_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--generator", default="small_gpt")
    parser.add_argument("--folder", type=Path)
    return parser.parse_args(given)


def divided(name: str, rows: int, asked: int) -> tuple[list[str], Any, list[str], Any, Any]:
    """Texts, codes and names; positions to learn from, and others of texts that are not among them."""
    import longshelf as ls
    from longshelf.generators.word_chains import glue, words

    data = ls.load(name)
    frame = data.rows.drop_nulls(data.schema.label[0])
    label = frame[data.schema.label[0]].cast(str).to_list()
    names = sorted(set(label))
    code = np.array([names.index(one) for one in label])
    texts = [glue(words(text or "")) for text in frame[data.schema.text[0]].to_list()]
    of: dict[str, list[int]] = {}
    for at, text in enumerate(texts):
        if text:
            of.setdefault(text, []).append(at)
    groups = list(of.values())
    learn: list[int] = []
    rest: list[int] = []
    for place in np.random.default_rng(0).permutation(len(groups)).tolist():
        (learn if len(learn) < rows else rest).extend(groups[place])
    return texts, code, names, np.array(learn[:rows]), np.array(rest[:asked])


def n_grams(texts: Sequence[str], code: Any, learn: Any, asked: Any) -> dict[str, Any]:
    """Log probabilities of the texts asked about, by order, for all texts and by category."""
    from longshelf.generators.word_chains import words
    from longshelf.language.word_model import WordModel

    cut = [words(text) for text in texts]
    found = {}
    for order in ORDERS:
        every = WordModel([cut[i] for i in learn], order)
        found[f"{order + 1}-gram"] = every.log_probability([cut[i] for i in asked])
        own = np.zeros(len(asked))
        for one in np.unique(code[asked]).tolist():
            at = np.flatnonzero(code[asked] == one)
            model = WordModel([cut[i] for i in learn[code[learn] == one]], order, wider=every)
            own[at] = model.log_probability([cut[i] for i in asked[at]])
        found[f"{order + 1}-gram, by category"] = own
    return found


def table(found: dict[str, Any], texts: Sequence[str], slices: Any) -> None:
    """Perplexity per word and bits per character, by slice."""
    from longshelf.generators.word_chains import words

    size = np.array([len(words(text)) + 1 for text in texts])
    letters = np.array([len(text) + 1 for text in texts])
    parts = {"all": np.ones(len(texts), bool)}
    parts |= {name: slices == at for at, name in enumerate(("head", "torso", "tail"))}
    print(f"{'':28}" + "".join(f"{f'{name} ({own.sum()})':>20}" for name, own in parts.items()))
    for name, logs in found.items():
        said = [
            (np.exp(-logs[own].sum() / size[own].sum()),
             -logs[own].sum() / np.log(2) / letters[own].sum())
            for own in parts.values()
        ]  # fmt: skip
        print(f"{name:28}" + "".join(f"{word:12.2f} {bits:7.3f}" for word, bits in said))
    print("perplexity per word, bits per character")


def main(given: Sequence[str] | None = None) -> int:
    """Train, ask, write; 0 unless training took too long."""
    said = arguments(given)
    os.environ["OMP_NUM_THREADS"] = str(said.threads)
    import polars as pl
    import torch

    from longshelf.components import build
    from longshelf.generators import Corpus
    from longshelf.slices import cut

    torch.set_num_threads(said.threads)
    texts, code, names, learn, asked = divided(said.data, said.rows, said.asked)
    corpus = Corpus(
        texts=[texts[i] for i in learn], code=code[learn], names=names, inputs=pl.DataFrame()
    )
    wall, busy = time.perf_counter(), time.process_time()
    writer = build("generator", said.generator).fit(corpus, np.random.default_rng(0))
    wall, busy = time.perf_counter() - wall, time.process_time() - busy
    gpt = writer.gpt
    for look in gpt.history:
        print("  ".join(f"{name} {value:.4g}" for name, value in look.items()))
    print(
        f"trained {gpt.parameters:,} numbers on {len(learn):,} texts in {wall:.0f} s, {busy:.0f} "
        f"processor s, {said.threads} thread(s), {len(gpt.tokens):,} tokens"
    )
    started, busy_writing = time.perf_counter(), time.process_time()
    drafts = writer.write(np.arange(said.written) % len(learn), np.random.default_rng(1))
    taken, busy_writing = time.perf_counter() - started, time.process_time() - busy_writing
    print(
        f"wrote {len(drafts):,} texts, {sum(draft is None for draft in drafts)} unfinished: "
        f"{len(drafts) / taken:.0f}/s, {len(drafts) / busy_writing:.0f}/processor s"
    )
    slices = np.asarray(cut(np.bincount(code[learn], minlength=len(names)).astype(float)).of)
    found = n_grams(texts, code, learn, asked)
    said_by = gpt.log_probability([texts[i] for i in asked], code[asked][:, None])
    table({**found, "small GPT": said_by}, [texts[i] for i in asked], slices[code[asked]])
    if said.folder:
        gpt.save(said.folder)
    return int(busy > 2 * AT_MOST)


if __name__ == "__main__":
    raise SystemExit(main())
