"""The command-line door, installed as `hongtu`.

Every command reads, computes and writes through `geo` and `routes`; its options are in `commands`,
language, exit codes and Ctrl-C in `terminal`. Heavy packages are imported inside the commands, so
that ``--help`` answers at once.
"""

from __future__ import annotations

import typer

from commands.amend import network_amend
from commands.audit import network_audit
from commands.coverage import coverage
from commands.fetch import network_fetch
from commands.geocode import points_geocode
from commands.lines import lines_app
from commands.network import network_app
from commands.points import points_app
from commands.route import route
from terminal import run

app = typer.Typer(
    help="宏图 Hongtu：15 分钟职工服务圈与研学线路 · service circles and study lines on foot.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
network_app.command("fetch")(network_fetch)
network_app.command("amend")(network_amend)
network_app.command("audit")(network_audit)
app.add_typer(network_app, name="network")
points_app.command("geocode")(points_geocode)
app.add_typer(points_app, name="points")
app.command("coverage")(coverage)
app.add_typer(lines_app, name="lines")
app.command("route")(route)


def main() -> None:
    """Run the command line."""
    run(app)


if __name__ == "__main__":
    main()
