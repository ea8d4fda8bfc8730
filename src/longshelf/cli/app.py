"""``longshelf``: subcommands are imported only when one of them runs or asks for help."""

from __future__ import annotations

import sys

import typer

from longshelf.cli import (
    compare,
    curves,
    diagnose,
    doctor,
    evaluate,
    expand,
    export,
    fetch,
    forget,
    leaderboard,
    listing,
    monitor,
    prepare,
    report,
    run,
    serve,
    trial,
    update,
    validate,
)

__all__ = ["app", "main"]

app = typer.Typer(
    name="longshelf",
    help="Which remedy for imbalance is worth it on your data, for your model, for whom, at what cost.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("list")(listing.show_list)
app.command("fetch")(fetch.fetch)
app.command("prepare")(prepare.prepare)
app.command("validate")(validate.validate)
app.command("diagnose")(diagnose.diagnose)
app.command("run")(run.run)
app.command("evaluate")(evaluate.evaluate)
app.command("leaderboard")(leaderboard.leaderboard)
app.command("compare")(compare.compare)
app.command("curves")(curves.curves)
app.command("report")(report.report)
app.command("expand")(expand.expand)
app.command("export")(export.export)
app.command("serve")(serve.serve)
app.command("update")(update.update)
app.command("forget")(forget.forget)
app.command("trial")(trial.trial)
app.command("monitor")(monitor.monitor)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line; a user's mistake is a sentence and exit code 2, never a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)  # noqa: T201
        sys.exit(130)
    except Exception as error:
        from longshelf.errors import LongShelfError

        if not isinstance(error, LongShelfError):
            raise
        print(f"longshelf: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
