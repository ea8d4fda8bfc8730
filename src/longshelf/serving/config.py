"""What ``longshelf serve`` is told, in a form that travels to workers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from longshelf.errors import InputError

__all__ = ["Config"]


@dataclass(frozen=True, kw_only=True)
class Config:
    """Where things lie, and how much is allowed.

    Parameters
    ----------
    artifacts : tuple of str
        Folders; the first recommender serves wherever no arm names another.
    events : str, default "events.db"
        An SQLite file, or ``postgresql://…``.
    cache : str, default ""
        "" in process, "off", or ``redis://…``.
    key_file : str, default ""
        Key of the pseudonyms; "" reads the environment.
    api_keys : str, default ""
        File of names and SHA-256 of keys; "" lets everybody in.
    rate : float, default 0
        Requests a second of one caller in one worker; 0 is unbounded.
    trial, dials : str, default ""
        Files, read again when they change.
    reranker : str, default ""
        ``module:function`` from a query and titles to scores.
    shown_users : tuple of str
        Ids the storefront offers to choose from.
    storefront : bool, default True
    largest : int, default 65_536
        Bytes of a body.
    late : float, default 0.05
        Seconds the loop may be behind before requests are turned away.
    encode_within, rerank_within : float
        Seconds until search goes on without.
    store_within : float, default 5
        Seconds until feedback is refused.
    queue : int, default 20_000
        Records that may wait to be written.
    every : float, default 0.5
        Seconds between two looks at the events of other workers and at changed files.

    Examples
    --------
    >>> Config.read(Config(artifacts=("shop",)).text()).artifacts
    ('shop',)
    """

    artifacts: tuple[str, ...]
    events: str = "events.db"
    cache: str = ""
    key_file: str = ""
    api_keys: str = ""
    rate: float = 0.0
    trial: str = ""
    dials: str = ""
    reranker: str = ""
    shown_users: tuple[str, ...] = ()
    storefront: bool = True
    largest: int = 65_536
    late: float = 0.05
    encode_within: float = 0.04
    rerank_within: float = 0.03
    store_within: float = 5.0
    queue: int = 20_000
    every: float = 0.5

    def __post_init__(self) -> None:
        if not self.artifacts:
            raise InputError("serve needs at least one artifact; make one with: longshelf export")

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Config:
        """From :meth:`text`."""
        said = json.loads(text)
        lists = {name: tuple(said[name]) for name in ("artifacts", "shown_users")}
        return cls(**said | lists)
