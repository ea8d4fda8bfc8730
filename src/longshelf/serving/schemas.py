"""What requests and answers look like; the OpenAPI document is made of these."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

__all__ = [
    "Catalogue", "Class", "ClassifyAnswer", "ClassifyRequest", "DescribeAnswer", "DescribeRequest",
    "ExplainAnswer", "ExplainRequest", "FeedbackAnswer", "FeedbackRequest", "Health", "Item",
    "ItemsAnswer", "ProblemDetails", "Ready", "Reason", "RecommendRequest", "RelatedRequest",
    "SearchRequest",
]  # fmt: skip

Id = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\u0000-\u001f\u007f]+$")
]
"""Of a user, item or event: no control characters."""
Words = Annotated[
    str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\u0000-\u001f\u007f]+$")
]
_WORDS = {
    "type": "string",
    "minLength": 1,
    "maxLength": 256,
    "pattern": r"^[^\u0000-\u001f\u007f]+$",
}
Whole = BeforeValidator(
    lambda said: int(said) if isinstance(said, float) and said.is_integer() else said
)
"""JSON has one kind of number: 5.0 is a whole one."""
Size = Annotated[int, Field(ge=1, le=100, description="Items wanted."), Whole]
Price = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Filtered(_Asked):
    k: Size = 20
    category: Words | None = None
    price_min: Price | None = None
    price_max: Price | None = None
    group: Annotated[
        str, StringConstraints(max_length=64, pattern=r"^[^\u0000-\u001f\u007f]*$")
    ] = Field("", description="Of users, for measuring; kept with the events.")


class RecommendRequest(_Filtered):
    """A list for a user; without user and session, what is popular."""

    user: Id | None = Field(None, description="An id; only its keyed hash is kept.")
    session: list[Id] = Field(
        default_factory=list, max_length=50, description="Items of this visit, latest last."
    )
    tail: Share | None = Field(None, description="Share of the list kept for tail items.")
    diversity: Share | None = Field(None, description="Weight against items like those above.")
    again: bool = Field(False, description="The list may hold what the user had.")
    because: bool = Field(False, description="Say of each item which of the user's pulled it.")


class SearchRequest(_Filtered):
    """Items for words."""

    query: Words
    user: Id | None = None


class RelatedRequest(_Filtered):
    """Items like an item."""

    item: Id
    user: Id | None = None


class ExplainRequest(_Asked):
    """Why an item is on a user's list."""

    item: Id
    user: Id | None = None
    session: list[Id] = Field(default_factory=list, max_length=50)


class FeedbackRequest(_Asked):
    """What someone did with an item that was shown."""

    kind: Literal["click", "cart", "purchase"]
    item: Id
    request: Id = Field(description="Of the answer that showed the item.")
    user: Id | None = None
    event: Id | None = Field(None, description="Your id: sent twice, it is stored once.")
    position: Annotated[int, Field(ge=0, le=1000), Whole] = 0
    surface: Literal["recommend", "search", "related"] = "recommend"
    group: Annotated[
        str, StringConstraints(max_length=64, pattern=r"^[^\u0000-\u001f\u007f]*$")
    ] = ""


Value = (
    Annotated[str, StringConstraints(max_length=10_000)]
    | Annotated[float, Field(allow_inf_nan=False)]
    | int
    | bool
    | None
)


class ClassifyRequest(_Asked):
    """Rows to classify; the columns are those of the artifact's schema."""

    rows: list[dict[str, Value]] = Field(min_length=1, max_length=64)


class DescribeRequest(_Asked):
    """What a product is, to be put into words."""

    category: Words
    attributes: Annotated[
        dict[Words, Words],
        Field(max_length=20),
        WithJsonSchema(
            {
                "type": "object", "maxProperties": 20, "propertyNames": _WORDS,
                "additionalProperties": _WORDS,
            }
        ),
    ] = {}  # fmt: skip


class Reason(BaseModel):
    """An item of the user's and its share in a score."""

    item: str
    title: str
    share: float


class Item(BaseModel):
    """An item on a list."""

    item: str
    title: str
    category: str
    price: float | None
    slice: Literal["head", "torso", "tail"]
    score: float
    position: int
    because: list[Reason] | None = None
    arm: str | None = Field(None, description="Whose pick it is, where lists are interleaved.")


class ItemsAnswer(BaseModel):
    """A list, and where it comes from."""

    request: str = Field(description="Goes with feedback on this answer.")
    basis: Literal["user", "session", "popular", "item", "query"]
    trial: str
    arm: str
    artifact: str
    degraded: list[str] = Field(description="What had to be left out, empty as a rule.")
    items: list[Item]


class ExplainAnswer(BaseModel):
    """The user's items that pulled an item most."""

    item: str
    basis: Literal["item", "popular"]
    because: list[Reason]


class FeedbackAnswer(BaseModel):
    """The event is on the disk."""

    event: str


class Class(BaseModel):
    """A class and its calibrated probability."""

    name: str
    slice: Literal["head", "torso", "tail"]
    probability: float


class ClassifyAnswer(BaseModel):
    """For each row the decision and the likeliest classes."""

    artifact: str
    decisions: list[str | list[str]]
    likeliest: list[list[Class]]


class DescribeAnswer(BaseModel):
    """A product text, and what it says of what was asked for, by whole words."""

    artifact: str
    text: str = Field(description="Empty where the writer found none.")
    slice: Literal["head", "torso", "tail"] = Field(description="Of the category.")
    mentioned: list[str] = Field(description="Attributes whose value the text names.")
    missing: list[str] = Field(description="Attributes the text does not name.")
    contradicted: list[str] = Field(description="Attributes it names another value of.")
    unseen: list[str] = Field(description="Attributes or values the writer never met.")


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class Ready(BaseModel):
    """The service can do its work."""

    status: Literal["ready"]
    artifacts: list[str]
    rejected: str = Field(description="Why a newer artifact was not taken, empty as a rule.")
    events: str = Field(description="What is wrong with the event database, empty as a rule.")


class Catalogue(BaseModel):
    """What a shop window needs to know."""

    name: str
    categories: list[str]
    users: list[str]
    meaning: bool
    tail: float
    diversity: float
    trial: str
    arms: list[str]


class ProblemDetails(BaseModel):
    """An error, after RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
