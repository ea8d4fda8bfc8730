"""New texts by a chat endpoint: drafts, back-translations, a writer, and what they cost."""

import json

import numpy as np
import polars as pl
import pytest
from chat_server import ChatServer, Fault

import longshelf as ls
from longshelf.cache import Cache
from longshelf.components import build, show
from longshelf.errors import InputError
from longshelf.generators import Chat, ChatBackTranslation, Corpus
from longshelf.language.spending import spending
from longshelf.tasks.base import divide

TEXTS = [
    "red mug with handle", "blue mug of clay", "warm wool socks", "write to jo@shop.example for socks",
    "green mug", "white mug",
]  # fmt: skip
CORPUS = Corpus(
    texts=TEXTS,
    code=np.array([0, 0, 1, 1, 0, 0]),
    names=["Mugs", "Socks"],
    inputs=pl.DataFrame(
        {
            "colour": ["red", "blue", None, "13812345678", "green", "white"],
            "price": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        }
    ),
)


def sent(server):
    return [json.loads(request["messages"][1]["content"]) for request in server.requests]


def write(generator, seeds, seed=0, corpus=CORPUS):
    rng = np.random.default_rng(seed)
    return generator.fit(corpus, rng).write(np.array(seeds), rng)


def chat(server, **given):
    return Chat(**{"name": "tiny", "address": server.address, **given})


def test_each_seed_gets_a_draft_from_its_own_row(server):
    drafts = write(chat(server, shots=1), [2, 0, 1])
    assert [draft.text.split(" no")[0] for draft in drafts] == [
        "socks wool warm", "handle with mug red", "clay of mug blue",
    ]  # fmt: skip
    assert [draft.sources[0] for draft in drafts] == [2, 0, 1]
    for draft in drafts:
        assert len({int(CORPUS.code[i]) for i in draft.sources}) == 1
    assert set(drafts[1].sources) >= {0, 1}


def test_prompts_hold_the_class_its_rows_and_their_words(server):
    write(chat(server, shots=2), [0, 1])
    (data,) = sent(server)
    assert data["class"] == "Mugs"
    assert data["wanted"] == [
        {"like": "red mug with handle", "attributes": {"colour": "red"}},
        {"like": "blue mug of clay", "attributes": {"colour": "blue"}},
    ]
    assert sorted(one["text"] for one in data["examples"]) == ["green mug", "white mug"]
    shape = server.requests[0]["response_format"]["json_schema"]["schema"]
    assert shape["required"] == ["samples"]


def test_personal_data_are_never_sent(server):
    write(chat(server), [2, 3])
    write(ChatBackTranslation(name="tiny", address=server.address), [2, 3])
    said = json.dumps(server.requests)
    assert "warm wool socks" in said
    assert "jo@shop" not in said
    assert "13812345678" not in said


def test_attributes_are_chosen_by_column(server):
    write(chat(server, attributes=("price",)), [0])
    assert sent(server)[0]["wanted"][0]["attributes"] == {"price": "1.0"}
    write(chat(server, attributes=()), [0])
    assert "attributes" not in sent(server)[-1]["wanted"][0]
    with pytest.raises(InputError, match="attribute to write from 'size'"):
        write(chat(server, attributes=["size"]), [0])


def test_many_seeds_make_requests_of_the_stated_size_all_different(server):
    drafts = write(chat(server, per_request=4), [0] * 10)
    assert sorted(len(data["wanted"]) for data in sent(server)) == [2, 4, 4]
    assert len({draft.text for draft in drafts}) == 10
    assert all(r["max_tokens"] <= 64 + 4 * 56 for r in server.requests)


def test_the_same_generator_gives_the_same_drafts_and_pays_once(server):
    first = write(chat(server), [0, 1, 2], seed=3)
    before = len(server.requests)
    assert write(chat(server), [0, 1, 2], seed=3) == first
    assert len(server.requests) == before
    assert write(chat(server), [0, 1, 2], seed=4) != first


@pytest.mark.parametrize(
    "wrong", ['{"samples": "x"}', '{"samples": [1]}', '{"texts": []}', "[1]", "none", "null"]
)
def test_answers_of_another_shape_are_mended_once_then_none(server, wrong):
    server.fail(Fault(content=wrong))
    with spending() as spent:
        assert write(chat(server), [0])[0] is not None
    assert (spent["repaired"], spent["failed"]) == (1, 0)
    server.fail(Fault(content=wrong), Fault(content=wrong))
    with spending() as spent:
        assert write(chat(server), [0], seed=1) == [None]
    assert (spent["repaired"], spent["failed"]) == (0, 1)


def test_too_few_samples_leave_none_and_too_many_are_cut(server):
    server.fail(Fault(content='{"samples": ["one"]}'))
    first, second = write(chat(server), [0, 1])
    assert (first.text, second) == ("one", None)
    server.fail(Fault(content='{"samples": ["a", "b", "c"]}'))
    assert [draft.text for draft in write(chat(server), [0, 1], seed=1)] == ["a", "b"]


def test_hostile_samples_are_lines_of_text(server):
    server.fail(Fault(content=json.dumps({"samples": ["a\x00\n\u202eb \ud83d", "  "]})))
    first, second = write(chat(server), [0, 1])
    assert first.text == "a b ?"
    assert second.text == ""


def test_back_translation_goes_there_and_back(server):
    generator = ChatBackTranslation(name="tiny", address=server.address)
    drafts = write(generator, [0, 1, 4])
    assert [draft.text for draft in drafts] == [
        "mug red with handle", "mug blue of clay", "mug green",
    ]  # fmt: skip
    assert [draft.sources for draft in drafts] == [(0,), (1,), (4,)]
    there, back = sent(server)
    assert [item["to"] for item in there["items"]] == ["de"] * 3
    assert back["items"][0] == {"to": "en", "text": "red_de mug_de with_de handle_de"}


def test_what_comes_back_as_it_went_is_no_draft(server):
    corpus = Corpus(texts=["Mug"], code=np.zeros(1, int), names=["Mugs"], inputs=pl.DataFrame())
    generator = ChatBackTranslation(name="tiny", address=server.address)
    assert write(generator, [0], corpus=corpus) == [None]


def test_a_translation_that_is_lost_on_the_way_is_none(server):
    broken = Fault(content='{"items": [{"from": "' + "x" * 60 + '", "text": "y"}]}')
    server.fail(broken, Fault(), broken)
    generator = ChatBackTranslation(name="tiny", address=server.address, per_request=1, at_once=1)
    with spending() as spent:
        assert [one is None for one in write(generator, [0, 1])] == [True, False]
    assert spent["failed"] == 1


@pytest.mark.parametrize(
    "wrong",
    ["chat(shots=-1)", "chat(per_request=0)", "chat(temperature=3)", "chat(attributes='a')",
     "chat_back_translation(pivot='')", "chat_back_translation(per_request=0)"],
)  # fmt: skip
def test_impossible_arguments_are_refused(wrong):
    with pytest.raises(InputError, match="got"):
        build("generator", wrong)


@pytest.mark.filterwarnings("ignore::longshelf.errors.LongShelfWarning")
def test_expand_writes_rows_with_it_and_says_what_it_cost(server, tmp_path):
    shop = ls.load("marketplace(items=300, imbalance=20)")
    cache = Cache(tmp_path / "features")
    generator = chat(server, prices=(1.0, 2.0))
    strategy = build("strategy", {"Expand": {"generator": generator, "to": 5}})
    assert "Expand(generator=chat(name='tiny'), to=5)" in show(strategy)
    arm = ls.fit(shop, features="tf_idf", model="logistic", strategy=strategy, cache=cache)
    language = arm.about["language"]
    assert language["requests"] == len(server.requests)
    assert language["money"] == pytest.approx(
        (language["tokens_read"] * 1 + language["tokens_written"] * 2) / 1e6
    )
    targets = arm.parts.targets
    seen = arm.learned.outputs["seen"]
    assert (seen[targets.natural > 0] >= 5).all()
    again = ls.fit(shop, features="tf_idf", model="logistic", strategy=strategy, cache=cache)
    assert again.about["language"]["paid"] == 0
    np.testing.assert_array_equal(again.learned.outputs["test"], arm.learned.outputs["test"])


@pytest.mark.parametrize("features", ["category", "conditions"])
def test_the_writer_writes_a_text_for_every_row(server, tmp_path, features):
    shop = ls.load("marketplace(items=120, imbalance=10)")
    task = build("task", "generate")
    parts = divide(task.pose(shop), build("split", "stratified"), 0)
    model = build("model", {"chat_writer": {"name": "tiny", "address": server.address, "shots": 2}})
    arm = ls.fit(
        shop, task="generate", features=features, model=model, cache=Cache(tmp_path / "features")
    )
    texts = arm.learned.outputs["texts"]
    assert len(texts) == len(parts.test)
    assert all(texts)
    data = sent(server)
    assert {one["class"] for one in data} <= set(parts.targets.names.tolist())
    stated = any("attributes" in entry for one in data for entry in one["wanted"])
    assert stated == (features == "conditions" and parts.train.inputs.width > 1)


def test_a_category_without_rows_is_shown_others_with_their_names():
    from longshelf.models.generate.asked import Asked
    from longshelf.models.generate.chat_writer import ChatWriter, FittedChatWriter

    with ChatServer() as server:
        fitted = FittedChatWriter(
            ChatWriter(name="tiny", address=server.address, shots=2),
            Asked(("Mugs", "Hats"), {}),
            np.array(["red mug", "mail jo@shop.example"]),
            np.array([0, 0]),
            [{}, {}],
            20,
            0,
        )
        texts = fitted.write(np.array([[1], [1]]))
        assert len(set(texts.tolist())) == 2
        assert sent(server)[0] == {
            "class": "Hats", "examples": [{"class": "Mugs", "text": "red mug"}], "wanted": [{}, {}],
        }  # fmt: skip
