"""New texts by a decoder that was trained elsewhere: shown examples, or tuned on the training texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

import numpy as np
import polars as pl

from longshelf.errors import InputError, unknown
from longshelf.generators.base import Corpus, Draft, Generator
from longshelf.generators.decoder_prompts import RowPrompts
from longshelf.generators.phrases import Phrase
from longshelf.generators.telling import Telling
from longshelf.prepare.words import language_of
from longshelf.tables import IntArray

if TYPE_CHECKING:
    from longshelf.language.causal_lm import CausalLm as Decoder

__all__ = ["CausalLm"]

Tune = Literal["none", "lora"]

BROKEN = "\ufffd"


@dataclass(frozen=True, kw_only=True)
class CausalLm(Generator):
    """Have a causal language model continue a prompt that names the target and the seed's attributes.

    Untuned, the prompt shows ``shots`` other rows of the target first, each with its attributes, and
    the model learns from these alone [1]_. With ``tune="lora"`` low-rank changes of the model are
    trained on the training texts [2]_ and no examples are shown. Tokens are drawn from the nucleus.
    A draft ends with its line; one that does not end, or that holds a word which tells another
    target and none that tells its own, is no draft.

    Parameters
    ----------
    model : str
        A folder or Hugging Face name of a decoder such as GPT-2 or Qwen.
    shots : int >= 0, default 3
        Rows of the target shown, as far as they fit into what the model reads at once.
    tune : {"none", "lora"}, default "none"
    attributes : tuple of str or None, default None
        Columns that go with a row; None takes every column of words.
    temperature : float > 0, default 1.0
        Below 1 the likely becomes likelier.
    nucleus : float in (0, 1], default 0.9
        Only the likeliest tokens that together hold this probability are drawn.
    longest : int >= 1, default 64
        Tokens of a draft, at most.
    passes : int >= 1, default 3
        Times the training texts are read in tuning, at most.
    tokens : int >= 1, default 300,000
        Tokens read in tuning, at most.
    rank : int >= 1, default 8
        Of the low-rank changes.
    rate : float > 0, default 2e-4
        Peak AdamW learning rate of tuning.

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    .. [1] Brown et al., Language Models are Few-Shot Learners, NeurIPS 2020, arXiv:2005.14165,
       section 2; as augmentation: Kumar et al., Data Augmentation using Pre-trained Transformer
       Models, 2020, arXiv:2003.02245, section 2.2.
    .. [2] Hu et al., LoRA, ICLR 2022, arXiv:2106.09685, eq. 3.

    Examples
    --------
    >>> CausalLm(model="Qwen/Qwen2.5-0.5B", tune="lora").shots
    3
    """

    abstract: ClassVar[bool] = False

    model: str
    shots: int = 3
    tune: Tune = "none"
    attributes: tuple[str, ...] | None = None
    temperature: float = 1.0
    nucleus: float = 0.9
    longest: int = 64
    passes: int = 3
    tokens: int = 300_000
    rank: int = 8
    rate: float = 2e-4

    def __post_init__(self) -> None:
        if self.tune not in get_args(Tune):
            raise unknown("way to tune", self.tune, get_args(Tune))
        if isinstance(self.attributes, str):
            raise InputError(f"attributes are a list of columns, got {self.attributes!r}")
        if self.attributes is not None:
            object.__setattr__(self, "attributes", tuple(self.attributes))
        if self.temperature <= 0 or not 0 < self.nucleus <= 1 or self.rate <= 0:
            raise InputError(
                "causal_lm needs a temperature and a rate above 0 and a nucleus in (0, 1], got "
                f"{self.temperature}, {self.rate} and {self.nucleus}"
            )
        if self.shots < 0 or min(self.longest, self.passes, self.tokens, self.rank) < 1:
            raise InputError(
                "causal_lm's shots are at least 0 and its longest, passes, tokens and rank at least "
                f"1, got {self.shots}, {self.longest}, {self.passes}, {self.tokens} and {self.rank}"
            )

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Writer:
        from longshelf.language.causal_lm import CausalLm as Decoder

        held = corpus.inputs.columns
        for name in self.attributes or ():
            if name not in held:
                raise unknown("attribute to write from", name, held)
        words = corpus.inputs.select(
            pl.selectors.by_dtype(pl.String, pl.Categorical, pl.Enum)
        ).columns
        columns = words if self.attributes is None else self.attributes
        code = np.asarray(corpus.code)
        telling = Telling([Phrase.of(text) for text in corpus.texts], code)
        prompts = RowPrompts(corpus, columns, language_of(pl.Series(corpus.texts, dtype=pl.String)))
        writer = _Writer(self, code, prompts, telling, Decoder.load(self.model))
        return writer if self.tune == "none" else writer.tuned(rng)


@dataclass(frozen=True)
class _Writer:
    made: CausalLm
    code: IntArray
    prompts: RowPrompts
    telling: Telling
    lm: Decoder

    def tuned(self, rng: np.random.Generator) -> _Writer:
        """With low-rank changes learned from the texts that have words."""
        from longshelf.language.low_rank import tuned
        from longshelf.language.next_token import Schedule

        rows = [row for row, text in enumerate(self.prompts.corpus.texts) if text.strip()]
        asked = self.lm.tokens([self.prompts.asked(row) for row in rows])
        said = self.lm.continuations([self.prompts.said(row) for row in rows], self.prompts.mark)
        schedule = Schedule(
            passes=self.made.passes,
            tokens=self.made.tokens,
            least=1,
            rate=self.made.rate,
            decay=0.0,
        )
        follows = [ids[: self.made.longest] for ids in said]
        lm, _ = tuned(self.lm, asked, follows, self.code[rows], rng, schedule, rank=self.made.rank)
        return replace(self, lm=lm)

    def write(self, seeds: IntArray, rng: np.random.Generator) -> list[Draft | None]:
        from longshelf.language.writing import write

        made = self.made
        asked = [self._prompt(seed, rng) for seed in seeds.tolist()]
        written = write(
            self.lm, [ids for ids, _ in asked], rng,
            most=made.longest, temperature=made.temperature, nucleus=made.nucleus, stop="\n",
        )  # fmt: skip
        drafts: list[Draft | None] = []
        for seed, (_, sources), one in zip(seeds.tolist(), asked, written, strict=True):
            text = " ".join(one.text.split())
            fine = text and one.tokens < made.longest and BROKEN not in text
            kept = fine and self._keeps(text, int(self.code[seed]))
            drafts.append(Draft(text, sources) if kept else None)
        return drafts

    def _prompt(self, seed: int, rng: np.random.Generator) -> tuple[list[int], tuple[int, ...]]:
        """Tokens of a prompt and the rows in it, the seed's own first."""
        others = np.flatnonzero(self.code == self.code[seed])
        others = others[others != seed]
        shots = 0 if self.made.tune == "lora" else min(self.made.shots, len(others))
        rows: list[int] = []
        ids = self._tokens(rows, seed)
        for row in rng.choice(others, shots, replace=False).tolist() if shots else ():
            longer = self._tokens([*rows, row], seed)
            if len(longer) + self.made.longest <= self.lm.context:
                ids, rows = longer, [*rows, row]
        return ids, (seed, *rows)

    def _tokens(self, rows: Sequence[int], seed: int) -> list[int]:
        shown = "".join(self.prompts.whole(row) for row in rows)
        return self.lm.tokens([shown + self.prompts.asked(seed)])[0]

    def _keeps(self, text: str, target: int) -> bool:
        """Whether no word tells another target, or one tells this."""
        told = {self.telling.of(word) for word in Phrase.of(text).words} - {None}
        return not told or target in told
