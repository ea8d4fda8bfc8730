"""The steps from a raw log to interactions, in their order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from longshelf.errors import InputError, unknown
from longshelf.prepare.events.about import NEGATIVES, Prepared, Step, Target
from longshelf.prepare.events.cleaning import Cleaned, clean_events
from longshelf.prepare.events.columns import Columns
from longshelf.prepare.events.core import Core, k_core
from longshelf.prepare.events.engine import Engine, kind_of
from longshelf.prepare.events.output import catalogue, dictionary, interactions
from longshelf.prepare.events.parts import PARTS, by_time, cut_times, last_out, nothing_empty
from longshelf.prepare.events.pseudonyms import DIGITS, check_key
from longshelf.prepare.events.tidying import REPEATS, distinct, numbered, sessions

if TYPE_CHECKING:
    from ibis.expr.types import Table

__all__ = ["SPLITS", "Preparation", "prepare_events"]

SPLITS = ("by_time", "leave_last_out", "none")

_FUTURE = (
    "the k-core counted events of every part, so which users and items stay was decided with the "
    "future known"
)


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What becomes of a log.

    Parameters
    ----------
    columns : Columns
    repeats : {"event", "pair", "keep"}, default "event"
        Drop events that are there twice, or all but the first of a user with an item, or none.
    gap : float, optional
        Minutes of idleness after which a visit ends; sessions are numbered where it is given.
    k : int, default 5
        Events that every user and every item keep at least; 1 keeps all.
    split : {"by_time", "leave_last_out", "none"}, default "by_time"
    valid, test : float in (0, 1), default 0.1
        Share of the events, the latest last; for ``by_time``.
    key : bytes, optional
        Makes pseudonyms of user ids; at least 16 bytes.

    Raises
    ------
    InputError
        If a choice is unknown or a number lies outside its range.
    """

    columns: Columns
    repeats: str = "event"
    gap: float | None = None
    k: int = 5
    split: str = "by_time"
    valid: float = 0.1
    test: float = 0.1
    key: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.repeats not in REPEATS:
            raise unknown("way with repeats", self.repeats, REPEATS)
        if self.split not in SPLITS:
            raise unknown("split", self.split, SPLITS)
        if self.k < 1:
            raise InputError(f"k={self.k}: a k-core needs a k of at least 1, which keeps all")
        if self.gap is not None and self.gap <= 0:
            raise InputError(f"gap={self.gap}: minutes of idleness are more than 0")
        if not (0 < self.valid < 1 and 0 < self.test < 1 and self.valid + self.test < 1):
            raise InputError(
                f"the shares valid={self.valid} and test={self.test} must lie in (0, 1) and sum "
                "to less than 1"
            )
        if self.key is not None:
            check_key(self.key)


def prepare_events(
    sources: Sequence[str],
    folder: str,
    preparation: Preparation,
    engine: Engine,
    *,
    laws: Sequence[str] = (),
    said: Callable[[str], None] | None = None,
) -> Prepared:
    """Turn a raw log into interactions with integer codes, and say what became of every event.

    Parameters
    ----------
    sources : sequence of str
        Parquet, CSV or JSON-lines files of one format; a folder or a pattern of Parquet files.
    folder : str
        Gets ``interactions/`` (user, item, time, session; a folder per part), ``items/`` (code, id,
        events in all and per part), ``users/`` (code, id or pseudonym, events) and ``about.json``.
    preparation : Preparation
        What becomes of it.
    engine : Engine
        Where it runs; it is left open.
    laws : sequence of str
        Negative-sampling laws to name in ``about.json``.
    said : callable, optional
        Called with the name of each step that begins.

    Raises
    ------
    InputError
        If a file or column cannot be used, the folder is not empty, or no event is left.
    """
    target, run = Target(folder), _Run(engine, preparation, said)
    cleaned, events = run.tidied(sources)
    core = run.core(events)
    cuts = run.cuts(core, cleaned)
    users, items = run.codes(core)
    try:
        parts = run.written(folder, core, cuts, users, items)
    except BaseException:
        target.clear()
        raise
    prepared = Prepared(
        folder=folder,
        source=_source(sources, preparation.columns, cleaned),
        engine={"name": engine.name, "version": engine.version},
        steps=tuple(run.steps),
        core={"k": preparation.k, "passes": len(core.passes), "dropped": list(core.passes)},
        split={"name": preparation.split, **_shown(cuts), "events": parts},
        users=_named(preparation.key),
        negatives={"made": 0, "about": NEGATIVES, "laws": list(laws)},
        warnings=(_FUTURE,) if preparation.k > 1 and preparation.split == "by_time" else (),
    )
    target.finish(prepared)
    return prepared


class _Run:
    """The steps, timed; later ones lean on the tables earlier ones kept."""

    def __init__(
        self, engine: Engine, plan: Preparation, said: Callable[[str], None] | None
    ) -> None:
        self.engine, self.plan, self.said = engine, plan, said
        self.steps: list[Step] = []
        self.names: dict[str, Table] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, Any]]:
        """Time a step; what it found is put into the mapping."""
        if self.said is not None:
            self.said(name)
        began, found = time.perf_counter(), dict[str, Any]()
        yield found
        before = self.steps[-1].rows if self.steps else found.pop("read")
        dropped = before - found["rows"]
        seconds = time.perf_counter() - began
        self.steps.append(Step(name=name, seconds=seconds, dropped=dropped, **found))

    def tidied(self, sources: Sequence[str]) -> tuple[Cleaned, Table]:
        """Clean, number text ids, drop repeats, number sessions; kept where reading again is dear."""
        engine, plan = self.engine, self.plan
        with self.step("clean") as found:
            cleaned = clean_events(engine, engine.read(sources), plan.columns)
            found |= {"read": cleaned.read, "rows": cleaned.kept, "why": cleaned.why}
        events, rows = cleaned.events, cleaned.kept
        dear = kind_of(sources) != "parquet"
        texts = [name for name in ("user", "item") if events[name].type().is_string()]
        if texts:
            with self.step("number ids") as found:
                for name in texts:
                    self.names[name] = ids = numbered(engine, events, name)
                    coded = events.inner_join(ids, events[name] == ids.id)
                    kept = [column for column in events.columns if column != name]
                    events = coded.select(ids[name], *(events[column] for column in kept))
                dear, found["rows"] = True, rows
        if plan.repeats != "keep":
            with self.step("drop repeats") as found:
                events, dear = engine.keep(distinct(events, plan.repeats), "events_distinct"), False
                found["rows"] = rows = _height(engine, events)
        if plan.gap is not None:
            with self.step("number sessions") as found:
                visits = sessions(events, round(plan.gap * 60_000_000))
                events, dear, found["rows"] = engine.keep(visits, "events_sessions"), False, rows
        return cleaned, engine.keep(events, "events_tidy") if dear else events

    def core(self, events: Table) -> Core:
        """Drop rare users and items."""
        with self.step(f"{self.plan.k}-core") as found:
            core = k_core(self.engine, events, self.plan.k, self.steps[-1].rows)
            users, items = core.after
            if not core.rows:
                raise InputError(
                    f"no user and item have {self.plan.k} events each: the {self.plan.k}-core of "
                    f"{self.steps[-1].rows} events is empty; try a smaller k"
                )
            found |= {"rows": core.rows, "users": users, "items": items}
            found["why"] = {f"pass {i}": n for i, n in enumerate(core.passes, 1)}
        counted = self.steps[-2]
        self.steps[-2] = replace(counted, users=core.before[0], items=core.before[1])
        return core

    def cuts(self, core: Core, cleaned: Cleaned) -> tuple[int, ...]:
        """Where the time line is cut."""
        plan = self.plan
        if plan.split != "by_time":
            return ()
        with self.step("cut the time line") as found:
            found["rows"] = core.rows
            span, shares = (
                (cleaned.first, cleaned.last),
                (1 - plan.test - plan.valid, 1 - plan.test),
            )
            return tuple(cut_times(self.engine, core.events, core.rows, span, shares))

    def codes(self, core: Core) -> tuple[Table, Table]:
        """Number what survived, under a pseudonym where there is a key."""
        with self.step("pseudonyms and codes" if self.plan.key else "codes") as found:
            found["rows"] = core.rows
            users = dictionary(
                self.engine, core.users, "user", self.names.get("user"), self.plan.key
            )
            return users, dictionary(self.engine, core.items, "item", self.names.get("item"))

    def written(
        self, folder: str, core: Core, cuts: tuple[int, ...], users: Table, items: Table
    ) -> dict[str, int]:
        """Write everything; events per part."""
        engine, split = self.engine, self.plan.split != "none"
        with self.step("write interactions") as found:
            found["rows"] = core.rows
            coded = interactions(engine, core.events, users, items)
            if split:
                coded = by_time(coded, *cuts) if cuts else last_out(coded)
            coded = coded.mutate(time=engine.instant(coded.time))
            engine.write(coded, f"{folder}/interactions", by="part" if split else None)
        with self.step("popularity") as found:
            found["rows"] = core.rows
            there = engine.read([f"{folder}/interactions"])
            engine.write(catalogue(items, there), f"{folder}/items")
            shown = users.select(users.code.name("user"), users.columns[1], "events")
            engine.write(shown, f"{folder}/users")
            if not split:
                return {}
            popular = engine.read([f"{folder}/items"])
            sums = engine.rows(popular.agg(**{part: popular[part].sum() for part in PARTS}))[0]
        parts = dict(zip(PARTS, map(int, sums), strict=True))
        nothing_empty(parts)
        return parts


def _height(engine: Engine, events: Table) -> int:
    return int(engine.rows(events.agg(n=events.count()))[0][0])


def _source(sources: Sequence[str], columns: Columns, cleaned: Cleaned) -> dict[str, Any]:
    return {
        "files": list(sources), "user": columns.user, "item": columns.item, "time": columns.time,
        "unit": cleaned.unit, "first": _stamp(cleaned.first), "last": _stamp(cleaned.last),
        "only": {name: list(values) for name, values in columns.only.items()},
        "since": columns.since, "until": columns.until,
    }  # fmt: skip


def _shown(cuts: tuple[int, ...]) -> dict[str, str]:
    return dict(zip(("valid_from", "test_from"), map(_stamp, cuts), strict=False))


def _stamp(micros: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).isoformat()


def _named(key: bytes | None) -> dict[str, Any]:
    if key is None:
        return {"pseudonyms": False, "about": "ids stand in users/ as the log has them"}
    return {
        "pseudonyms": True,
        "about": f"HMAC-SHA256 with a key of {len(key)} bytes that is stored nowhere here, "
        f"its first {DIGITS} hexadecimal digits; still personal data for who has the key",
    }
