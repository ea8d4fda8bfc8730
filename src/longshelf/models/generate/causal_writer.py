"""Texts of a category by a language model that is not trained further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from longshelf.errors import InputError
from longshelf.generators.chat_prompts import drawn
from longshelf.models.base import Head, Model
from longshelf.models.generate.asked import Asked
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.language.causal_lm import CausalLm

__all__ = ["CausalWriter", "FittedCausalWriter"]


def _question(asked: Mapping[str, str]) -> str:
    """Category and attributes a line each, then the line to go on with."""
    told = [f"{name}: {' '.join(value.split())}\n" for name, value in asked.items()]
    return "".join([*told, "text:"])


@dataclass(frozen=True)
class FittedCausalWriter:
    """A language model and the training texts it is shown examples of.

    Parameters
    ----------
    model : CausalWriter
    lm : CausalLm
    asked : Asked
        The words behind the codes.
    texts : (n,) str array
    X : (n, 1) or (n, 1 + a) int array
        Codes of category and attributes of each text.
    seed : int
    """

    model: CausalWriter
    lm: CausalLm
    asked: Asked
    texts: NDArray[np.str_]
    X: IntArray
    seed: int

    @property
    def parameters(self) -> int:
        """Numbers in the language model; none was learned here."""
        return self.lm.parameters

    @property
    def head(self) -> Head | None:
        return None

    def scores(self, X: Matrix) -> FloatArray:
        raise InputError("a writer writes texts and scores nothing; use it with the task generate")

    def prompts(self, wanted: Sequence[Mapping[str, str]], code: int, seed: int) -> list[str]:
        """Questions of one category, all after the same examples."""
        own = np.flatnonzero(self.X[:, 0] == code).tolist()
        rng = np.random.default_rng([seed, code])
        shown = drawn(own or range(len(self.texts)), self.model.shots, rng)
        told = self.asked.read(self.X[shown]) if shown else []
        lead = "".join(
            f"{_question(asked)} {' '.join(str(self.texts[i]).split())}\n\n"
            for i, asked in zip(shown, told, strict=True)
        )
        return [lead + _question(asked) for asked in wanted]

    def write(self, X: Matrix) -> NDArray[np.str_]:
        """A text for each row of codes; "" where the model says nothing."""
        from longshelf.language.writing import write

        model, wanted, codes = self.model, self.asked.read(X), np.asarray(X)[:, 0]
        texts = [""] * len(wanted)
        for code in np.unique(codes).tolist():
            places = np.flatnonzero(codes == code).tolist()
            prompts = self.prompts([wanted[at] for at in places], code, self.seed)
            said = write(
                self.lm, self.lm.tokens(prompts), np.random.default_rng([self.seed, code, 1]),
                most=model.most, temperature=model.temperature, nucleus=model.nucleus,
            )  # fmt: skip
            for at, one in zip(places, said, strict=True):
                texts[at] = one.text.strip()
        return np.array(texts, dtype=np.str_)


@dataclass(frozen=True, kw_only=True)
class CausalWriter(Model):
    """Prompt a decoder with category and attributes; it is not trained further.

    A prompt holds ``shots`` training texts of the category with what they were written from, of
    other categories where it has none, then what is wanted; the model goes on to the end of the
    line. Attributes are read from ``conditions`` features, with ``category`` features the name is
    all there is. Examples are the same for every text of a category, and read once.

    Parameters
    ----------
    name : str, default "gpt2"
        A decoder by Hugging Face name or local folder.
    shots : int >= 0, default 5
        Examples in a prompt.
    most : int >= 1, default 48
        Tokens of a text, at most.
    temperature : float >= 0, default 1.0
        Scores are divided by it; 0 takes the likeliest token.
    nucleus : float in (0, 1], default 0.9
        Only the likeliest tokens that together hold this probability are drawn.

    Raises
    ------
    InputError
        If an argument is out of range.
    NotApplicable
        If the model is no decoder.
    Unavailable
        If there is no such model.

    References
    ----------
    .. [1] Brown et al., Language Models are Few-Shot Learners, NeurIPS 2020, arXiv:2005.14165,
       section 2.

    Examples
    --------
    >>> CausalWriter(name="models/qwen", shots=3).kinds
    frozenset({'text'})
    """

    abstract: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[frozenset[str]] = frozenset({"text"})

    name: str = "gpt2"
    shots: int = 5
    most: int = 48
    temperature: float = 1.0
    nucleus: float = 0.9

    def __post_init__(self) -> None:
        if self.shots < 0 or self.most < 1:
            raise InputError(
                "causal_writer needs shots of 0 or more and most of 1 or more, got "
                f"shots={self.shots}, most={self.most}"
            )
        if self.temperature < 0 or not 0 < self.nucleus <= 1:
            raise InputError(
                "causal_writer needs temperature of 0 or more and nucleus in (0, 1], got "
                f"temperature={self.temperature}, nucleus={self.nucleus}"
            )

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedCausalWriter:
        from longshelf.language.causal_lm import CausalLm

        codes = np.asarray(X, dtype=np.int64)
        asked = Asked.of(rows, targets)
        lm = CausalLm.load(self.name)
        return FittedCausalWriter(self, lm, asked, rows.y, codes, int(rng.integers(2**31)))
