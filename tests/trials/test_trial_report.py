"""From events to a verdict: the sample ratio first, the truth inside the intervals, nothing hidden."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from longshelf.cli.app import app
from longshelf.errors import InputError
from longshelf.trials import NO_OP, Trial, checked, report_trial, team_draft
from longshelf.trials.gathered import Gathered
from made_traffic import HOUR, TRIAL, lists, quiet, shop, traffic


def first(report, metric: str, at: str = "all"):
    return next(line for line in report.lines if (line.metric, line.slice) == (metric, at))


def test_intervals_hold_the_truth_and_users_are_the_units() -> None:
    found = report_trial(quiet(), planned=1000)
    chances = [shop().chance(ids).mean() for ids in lists()]
    line = first(found, "click rate")
    assert line.change.low < chances[1] - chances[0] < line.change.high
    assert line.lift.low < chances[1] / chances[0] - 1 < line.lift.high
    assert found.decided == {"remedied": 1}
    users = Gathered().add(checked(quiet())).per_user("ranker")
    assert line.users == users.height == quiet()["user"].n_unique()
    assert users["shown"].sum() == (quiet()["kind"] == "impression").sum()
    clicks = quiet().filter(pl.col("kind") == "click", pl.col("slice") == "tail").height
    assert users["clicks tail"].sum() == clicks


def test_a_mismatch_withholds_every_lift() -> None:
    plain = pl.col("arm") == "plain"
    gone = quiet().filter(~(plain & (pl.col("user").hash(seed=1) % 4 == 0)))
    found = report_trial(gone)
    assert not found.sample_ratio.passed
    assert found.lines == ()
    promised = report_trial(quiet(), shares={"plain": 0.3, "remedied": 0.7})
    assert promised.lines == ()


def test_earlier_clicks_and_groups_narrow_the_interval_and_are_said() -> None:
    """As many clicks before the trial as visits in it: what an arm cannot change."""
    visits = quiet().filter(pl.col("kind") == "impression", pl.col("position") == 1)
    before = visits.with_columns(
        pl.format("{}old", "event").alias("event"), pl.col("time") - 99 * HOUR, kind=pl.lit("click"),
        trial=pl.lit(""), arm=pl.lit(""), request=pl.lit("old"), slice=pl.lit("tail"),
    )  # fmt: skip
    both = report_trial(pl.concat([before, quiet()]), "ranker", planned=1000)
    assert any("CUPED" in note for note in both.notes)
    assert any("by group (post-stratified)" in note for note in both.notes)
    users = Gathered().add(checked(pl.concat([before, quiet()]))).per_user("ranker")
    assert (users["before"] == users["shown"] / 6).all()
    assert set(users["taste"]) == {"tail"}
    alone = report_trial(quiet().with_columns(group=pl.lit("")), planned=1000)
    assert alone.notes == ()
    widths = [first(report, "clicks per user").change.width for report in (both, alone)]
    assert widths[0] < 0.9 * widths[1]
    tastes = pl.concat([before.head(200), before[200:].with_columns(slice=pl.lit("head")), quiet()])
    told = report_trial(tastes, "ranker").notes
    assert any("by group and by the slice clicked most before" in note for note in told)


def test_users_in_two_arms_are_left_out_and_moved_shares_withhold_lifts() -> None:
    users = quiet()["user"].unique(maintain_order=True).head(7)
    half = pl.col("user").is_in(users.to_list()) & (pl.col("time") > 6 * HOUR)
    swapped = pl.when(half).then(pl.lit("remedied")).otherwise("arm")
    found = report_trial(quiet().with_columns(arm=swapped))
    assert any("saw more than one arm" in note for note in found.notes)
    share = pl.when(pl.col("time") > 6 * HOUR).then(0.4).otherwise("propensity")
    moved = report_trial(quiet().with_columns(propensity=share))
    assert moved.lines == ()
    assert any("snips" in note for note in moved.notes)


def test_a_file_of_text_is_read_like_the_table(tmp_path) -> None:
    path = tmp_path / "events.csv"
    quiet().write_csv(path)
    before = traffic(lists=lists()[:1], trial=None).draw(50, HOUR, np.random.default_rng(4), start=-9 * HOUR)  # fmt: skip
    both = pl.concat([before, quiet()])
    both.write_csv(path)
    assert repr(report_trial(pl.read_csv(path)).lines) == repr(report_trial(both).lines)


def test_control_arms_speak() -> None:
    plain = lists()[0]
    shuffled = np.random.default_rng(1).permuted(lists()[1], axis=1)
    trial = Trial(name="controls", arms=("plain", NO_OP, "shuffle"))
    made = traffic(lists=(lists()[1], lists()[1], shuffled), trial=trial)
    found = report_trial(made.draw(6000, HOUR, np.random.default_rng(2)), planned=1000)
    assert "no-op arm: no difference, as it must be" in found.notes
    assert plain.shape == shuffled.shape
    broken = traffic(lists=(plain, lists()[1], plain), trial=trial)
    wrong = report_trial(broken.draw(3000, HOUR, np.random.default_rng(2)), planned=1000)
    assert any("DIFFERS" in note for note in wrong.notes)


def test_an_interleaved_trial_is_read_as_one() -> None:
    rng, rows = np.random.default_rng(3), []
    plain, best = lists()
    for visit in range(400):
        user = int(rng.integers(len(shop())))
        items, teams = team_draft(plain[user].tolist(), best[user].tolist(), 6, rng)
        chance = shop().attraction[shop().kind[user], items] * shop().looked
        for place, (item, team) in enumerate(zip(items, teams, strict=True)):
            kinds = ["impression"] + ["click"] * bool(rng.random() < chance[place])
            rows += [(f"{visit}.{place}.{kind}", float(visit), kind, f"r{visit}", f"u{user}",
                      f"i{item}", place + 1, TRIAL.arms[team]) for kind in kinds]  # fmt: skip
    columns = ["event", "time", "kind", "request", "user", "item", "position", "arm"]
    frame = pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        slice=pl.lit(""), trial=pl.lit("drafted"), propensity=pl.lit(0.5), score=pl.lit(float("nan")),
        surface=pl.lit("recommend"), group=pl.lit(""),
    )  # fmt: skip
    found = report_trial(frame)
    assert found.preference.wins > found.preference.losses
    assert found.preference.p < 0.001
    assert (
        found.preference.wins + found.preference.losses + found.preference.ties
        == frame["user"].n_unique()
    )


@pytest.mark.parametrize(
    ("events", "asked", "said"),
    [
        (lambda: quiet().drop("arm"), {}, "events lack arm"),
        (lambda: quiet(), {"trial": "rankr"}, "did you mean 'ranker'"),
        (lambda: quiet().with_columns(trial=pl.lit("")), {}, "0 trials"),
        (lambda: quiet().filter(pl.col("arm") == "plain"), {}, "shows 1 arm"),
        (lambda: quiet(), {"plain": "old"}, "no arm 'old'"),
        (lambda: quiet().with_columns(kind=pl.lit("like")), {}, "kind of event 'like'"),
    ],
)
def test_what_cannot_be_read_is_said(events, asked, said: str) -> None:
    with pytest.raises(InputError, match=said):
        report_trial(events(), **asked)


def test_the_command_shows_the_ratio_above_the_lifts(tmp_path) -> None:
    path = tmp_path / "events.parquet"
    quiet().write_parquet(path)
    shown = CliRunner().invoke(app, ["trial", str(path), "--planned", "1000"]).output
    assert shown.index("sample ratio holds") < shown.index("clicks per user")
    told = json.loads(CliRunner().invoke(app, ["trial", str(path), "--json"]).output)
    assert told["sample_ratio"]["passed"]
    assert told["lines"][0]["metric"] == "clicks per user"
    broken = CliRunner().invoke(app, ["trial", str(path), "--shares", "plain=0.9,remedied=0.1"])
    assert "MISMATCH" in broken.output
    assert "lifts, valid" not in broken.output
    failed = CliRunner().invoke(app, ["trial", str(path), "--shares", "half"])
    assert isinstance(failed.exception, InputError)
    assert isinstance(CliRunner().invoke(app, ["trial", "nowhere.db"]).exception, InputError)
