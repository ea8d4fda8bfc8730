"""One look: counts by hand, silence over quiet traffic, and alerts where something is broken."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from longshelf.errors import InputError
from longshelf.metrics.lists.catalogue import gini
from longshelf.monitoring import RULES, Alerts, Running, observe, tally
from longshelf.monitoring.windows import known_items
from longshelf.trials import COLUMNS
from made_traffic import HOUR, catalogue, lists, quiet, shop, traffic

LOOK = {"catalogue": catalogue(), "seconds": HOUR, "reference": 5, "wait": 300.0}


def events(*rows) -> pl.DataFrame:
    """Time, kind, request, user, item, slice, group; the rest is of no matter."""
    names = ["time", "kind", "request", "user", "item", "slice", "group"]
    frame = pl.DataFrame(list(rows), schema=names, orient="row")
    return frame.with_row_index("event").select(
        (
            pl.col(name)
            if name in frame.columns or name == "event"
            else pl.lit(EMPTY[kind]).alias(name)
        ).cast(kind)
        for name, kind in COLUMNS.items()
    )


EMPTY = {pl.String: "", pl.Float64: float("nan"), pl.Int64: 0}


def test_counts_coverage_and_gini_by_hand() -> None:
    seen = Running(10.0, 5).fold(
        events(
            (1.0, "impression", "r1", "u1", "a", "head", "x"),
            (1.0, "impression", "r1", "u1", "t", "tail", "x"),
            (12.0, "click", "r1", "u1", "t", "tail", "x"),
            (13.0, "purchase", "r1", "u1", "t", "tail", "x"),
            (5.0, "impression", "r2", "u2", "a", "head", "y"),
            (11.0, "impression", "r3", "u2", "a", "head", "y"),
        )
    )
    items = pl.DataFrame({"item": list("abtuv"), "slice": ["head", "head", "tail", "tail", "tail"]})
    found = tally(seen.people, seen.goods, items)
    row = found.filter(pl.col("window") == 0, pl.col("part") == "all").row(0, named=True)
    assert (row["users"], row["exposures"], row["clicks"], row["purchases"]) == (2, 3, 1, 1)
    assert row["click_rate"] == pytest.approx(1 / 3)
    assert row["conversion"] == 1
    assert row["coverage"] == pytest.approx(2 / 5)
    assert row["gini"] == pytest.approx(gini(np.array([2.0, 1, 0, 0, 0])))
    tail = found.filter(pl.col("window") == 0, pl.col("part") == "tail").row(0, named=True)
    assert (tail["exposures"], tail["clicks"], tail["coverage"]) == (1, 1, pytest.approx(1 / 3))
    assert tail["share"] == pytest.approx(1 / 3)
    groups = found.filter(pl.col("by") == "group", pl.col("window") == 0)
    assert dict(groups.select("part", "clicks").rows()) == {"x": 1, "y": 0}
    assert found.filter(pl.col("window") == 10, pl.col("part") == "all")["clicks"][0] == 0
    assert known_items(seen.goods, None).height == 2


def test_quiet_traffic_raises_nothing_and_its_scores_are_calibrated() -> None:
    seen = observe(quiet(), **LOOK)
    assert seen.alerts.changes == ()
    assert seen.reference == tuple(HOUR * hour for hour in range(5))
    assert seen.signals["signal"].n_unique() == len(RULES)
    promised = seen.judged.filter(pl.col("part") == "all")["promised"]
    assert promised.mean() == pytest.approx(1, abs=0.05)
    whole = seen.windows.filter(pl.col("by") == "all")
    assert whole["exposures"].sum() == (quiet()["kind"] == "impression").sum()
    assert whole["clicks"].sum() == (quiet()["kind"] == "click").sum()
    estimate = seen.estimated[0]
    assert estimate.value is not None
    measured = seen.judged.filter(pl.col("part") == "all")["balanced_accuracy"].mean()
    assert estimate.value == pytest.approx(measured, abs=0.06)


def after(hours: int = 7, **dials) -> pl.DataFrame:
    """Five quiet hours, then traffic of another kind."""
    start = quiet().filter(pl.col("time") < 5 * HOUR)
    other = traffic(**dials).draw(
        120 * hours, hours * HOUR, np.random.default_rng(8), start=5 * HOUR
    )
    return pl.concat([start, other])


@pytest.mark.parametrize(
    ("dials", "said"),
    [
        ({"warmth": 0.5}, "click rate falls"),
        ({"boast": 2.5}, "calibration moves"),
        ({"lists": lists(mixed=True)}, "tail exposure moves"),
        (
            {"lists": tuple(np.full_like(part, 7) + np.arange(6) for part in lists())},
            "category drifts",
        ),
    ],
)
def test_what_breaks_is_raised(dials, said: str) -> None:
    assert said in observe(after(**dials), **LOOK).alerts.raised


def test_lost_users_and_new_items_are_raised() -> None:
    plain = pl.col("arm") == "plain"
    lost = quiet().filter(~(plain & (pl.col("user").hash(seed=1) % 3 == 0)))
    assert "sample ratio" in observe(lost, **LOOK).alerts.raised
    fresh = quiet().with_columns(
        item=pl.when(pl.col("time") > 6 * HOUR).then(pl.format("{}x", "item")).otherwise("item")
    )
    assert "new items" in observe(fresh, **LOOK).alerts.raised


def test_alerts_go_on_where_the_last_look_left_them() -> None:
    cold = after(warmth=0.5)
    half = observe(cold.filter(pl.col("time") < 8 * HOUR), **LOOK)
    whole = observe(cold, **LOOK, alerts=half.alerts)
    assert whole.alerts.alarms == observe(cold, **LOOK).alerts.alarms
    assert half.alerts.upto < whole.alerts.upto


def test_estimates_are_withheld_where_their_check_fails_and_the_page_says_why() -> None:
    boasted = traffic(boast=2.5).draw(1440, 12 * HOUR, np.random.default_rng(5))
    estimate = observe(boasted, **LOOK).estimated[0]
    assert estimate.value is None
    assert "not shown: mean error" in estimate.reason
    points = quiet().with_columns(pl.col("score") * 9 - 4)
    seen = observe(points, **LOOK)
    assert seen.estimated == ()
    assert seen.judged["calibration"].is_nan().all()
    assert any("not probabilities" in note for note in seen.notes)


def test_the_document_is_json_without_nan() -> None:
    told = json.loads(observe(quiet().with_columns(score=float("nan")), **LOOK).to_json())
    assert told["judged"] == []
    assert {"windows", "drift", "signals", "alerts", "notes"} <= set(told)


def test_little_or_nothing_is_said() -> None:
    few = observe(quiet().filter(pl.col("time") < HOUR), **LOOK)
    assert few.alerts.alarms == {}
    assert any("for reference" in note for note in few.notes)
    for wrong, said in (
        (lambda: observe(quiet().clear()), "no exposure yet"),
        (lambda: observe(quiet(), seconds=0), "length above 0"),
        (lambda: observe(quiet(), reference=0), "1 reference window"),
    ):
        with pytest.raises(InputError, match=said):
            wrong()


def test_repeated_events_count_once() -> None:
    twice = pl.concat([quiet(), quiet().head(500)])
    assert observe(twice, **LOOK).windows.equals(observe(quiet(), **LOOK).windows)


def test_unlike_numbers_of_lists_and_arms_are_refused() -> None:
    with pytest.raises(InputError, match="2 arms need as many lists"):
        replace(traffic(), lists=lists()[:1])
    assert Alerts(rules=RULES).raised == ()
    assert len(shop()) == 1500
