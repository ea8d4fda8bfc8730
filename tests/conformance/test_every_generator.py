"""What every generator and filter owes, found by walking the namespaces: in English and Chinese."""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, fields

import numpy as np
import polars as pl
import pytest

import longshelf as ls
from longshelf.components import build, known, show
from longshelf.generators import Corpus
from longshelf.generators.editor import Editor
from longshelf.generators.filters import Batch
from longshelf.generators.ledger import Ledger

LOADED = frozenset({
    "BackTranslation", "CausalLm", "Chat", "ChatBackTranslation", "MaskedWords", "SmallGpt",
})  # fmt: skip
"""Neural ones: tested beside their models, on folders and a server that tests make."""

GENERATORS = sorted(set(known("generator")) - LOADED)
FILTERS = sorted(known("filter"))
TYPED = {
    "Banned": "banned(terms=('shirt', '衬衫'))",
    "Discriminator": "discriminator(threshold=0.5)",
}


@pytest.fixture(scope="module", params=["en", "zh"])
def corpus(request):
    shop = ls.load(f"marketplace(items=800, imbalance=30, language='{request.param}')").rows
    names = sorted(shop["category"].unique().to_list())
    code = shop["category"].replace_strict(names, range(len(names)), return_dtype=pl.Int64)
    inputs = shop.select("brand", "colour", "price")
    texts = shop["title"].to_list()
    return Corpus(texts=texts, code=code.to_numpy(), names=names, inputs=inputs)


def seeds_of(corpus, n=200):
    return np.random.default_rng(7).choice(len(corpus.texts), n)


def drafts(corpus, name, seed=0, n=200):
    fitted = build("generator", name).fit(corpus, np.random.default_rng(seed))
    return fitted.write(seeds_of(corpus, n), np.random.default_rng(seed + 1))


@pytest.mark.parametrize("name", GENERATORS)
def test_drafts_are_of_the_seeds_and_most_are_new(corpus, name):
    seeds = seeds_of(corpus)
    written = drafts(corpus, name)
    assert len(written) == len(seeds)
    some = [(draft, seed) for draft, seed in zip(written, seeds.tolist()) if draft is not None]
    assert len(some) > 0.5 * len(seeds)
    for draft, seed in some:
        assert all(0 <= row < len(corpus.texts) for row in draft.sources)
        assert not draft.sources or draft.sources[0] == seed
    texts = {text.strip() for text in corpus.texts}
    new = np.mean([draft.text.strip() not in texts for draft, _ in some])
    assert new == 0 if known("generator")[name].copies else new > 0.3
    assert any(draft.text != written[0].text for draft, _ in some if written[0])


@pytest.mark.parametrize("name", GENERATORS)
def test_chance_follows_the_generator_passed_in(corpus, name):
    assert drafts(corpus, name, n=40) == drafts(corpus, name, n=40)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    drafts(corpus, name, n=10)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("name", GENERATORS)
def test_the_corpus_is_left_alone_and_a_single_text_is_no_trouble(corpus, name):
    texts, inputs = list(corpus.texts), corpus.inputs.clone()
    drafts(corpus, name, n=5)
    assert corpus.texts == texts
    assert corpus.inputs.equals(inputs)
    one = Corpus(texts=["鞋 shoe"], code=np.zeros(1, int), names=["a"], inputs=corpus.inputs[:1])
    generator = build("generator", name)
    written = generator.fit(one, np.random.default_rng(0)).write(
        np.zeros(3, int), np.random.default_rng(0)
    )
    assert len(written) == 3
    bare = Corpus(texts=["", "!!"], code=np.zeros(2, int), names=["a"], inputs=corpus.inputs[:2])
    generator.fit(bare, np.random.default_rng(0)).write(np.arange(2), np.random.default_rng(0))


@pytest.mark.parametrize("kind", ["generator", "filter"])
def test_every_one_is_frozen_and_prints_as_it_is_typed(kind):
    for name, cls in known(kind).items():
        if any(one.default is MISSING and one.default_factory is MISSING for one in fields(cls)):
            continue
        made = build(kind, TYPED.get(name, name))
        assert build(kind, show(made)) == made
        with pytest.raises((FrozenInstanceError, AttributeError)):
            made.anything = 1


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_judges_each_draft_and_drops_some(corpus, name):
    rng = np.random.default_rng(0)
    judge = build("filter", TYPED.get(name, name)).fit(corpus, rng)
    seeds = seeds_of(corpus, 120)
    made = build("generator", "ngram(borrow=0.5)").fit(corpus, rng).write(seeds, rng)
    spoilt = ["Привет мир", "x", corpus.texts[0].upper(), " ".join(["word"] * 60)]
    texts = [draft.text or "empty shirt" for draft in made] + spoilt
    code = np.concatenate([corpus.code[seeds], np.repeat(corpus.code[0], len(spoilt))])
    kept = np.array([corpus.texts[0]])
    judged = judge.judge(Batch(texts, code, kept.tolist(), corpus.code[:1]))
    assert judged.passes.shape == judged.scores.shape == (len(texts),)
    assert judged.passes.dtype == bool
    assert 0 < judged.passes.sum() < len(texts)
    again = build("filter", TYPED.get(name, name)).fit(corpus, np.random.default_rng(0))
    assert np.array_equal(again.judge(Batch(texts, code, kept.tolist(), corpus.code[:1])).passes,
                          judged.passes)  # fmt: skip


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_is_counted_under_its_name_and_gives_a_number(corpus, name):
    ledger = Ledger()
    chosen = build("filter", TYPED.get(name, name))
    rng = np.random.default_rng(0)
    editor = Editor(build("generator", "eda"), [chosen], corpus, rng, tries=3)
    written = editor.write({0: 30, 3: 30}, ledger, rng)
    (called,) = written.scores
    assert called == show(build("filter", name))
    assert len(written.scores[called]) == len(written.texts) == sum(ledger.delivered.values())
    assert set(ledger.reasons) <= {"empty", "identical", "personal data", called}
