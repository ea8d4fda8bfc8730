"""Every endpoint that takes a document: its request, its answer, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from longshelf.serving import schemas

__all__ = ["ENDPOINTS", "Endpoint"]


@dataclass(frozen=True)
class Endpoint:
    """An endpoint.

    Parameters
    ----------
    name : str
        Of the path, and of the method of :class:`~longshelf.serving.service.Service`.
    asked, told : type
        Models of the request and the answer.
    says : str
        One sentence.
    light : bool, default True
        Worth turning away while the loop is behind; an act is stored all the same.
    """

    name: str
    asked: type[BaseModel]
    told: type[BaseModel]
    says: str
    light: bool = True


_ALL = (
    Endpoint(
        "recommend", schemas.RecommendRequest, schemas.ItemsAnswer,
        "Items for a user: known, new with a session, or unknown.",
    ),
    Endpoint(
        "search", schemas.SearchRequest, schemas.ItemsAnswer,
        "Items for words, by words and by meaning.",
    ),
    Endpoint(
        "related", schemas.RelatedRequest, schemas.ItemsAnswer, "Items like an item."
    ),
    Endpoint(
        "explain", schemas.ExplainRequest, schemas.ExplainAnswer,
        "Which of the user's items pulled an item.",
    ),
    Endpoint(
        "classify", schemas.ClassifyRequest, schemas.ClassifyAnswer,
        "Decisions and calibrated probabilities of rows.",
    ),
    Endpoint(
        "describe", schemas.DescribeRequest, schemas.DescribeAnswer,
        "A product text from category and attributes, and what it says of them.",
    ),
    Endpoint(
        "feedback", schemas.FeedbackRequest, schemas.FeedbackAnswer,
        "Store an act on an item; answered after it is on the disk.", light=False,
    ),
)  # fmt: skip

ENDPOINTS: Mapping[str, Endpoint] = {f"/{one.name}": one for one in _ALL}
"""By path; each is asked by POST."""
