"""The table of networks that a source can be, drawn from what each network says of itself."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from wall.cli.roles import networks


def show(console: Console | None = None) -> None:
    console = console or Console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("network", "what", "account", "how", "deletions", "edits", "options"):
        table.add_column(heading, overflow="fold")
    known = networks()
    for name in sorted(known.NETWORKS):
        try:
            network = known.load(name)
        except ImportError as error:
            table.add_row(name, f"cannot be used here: {error}")
            continue
        traits = network.traits
        table.add_row(
            name,
            traits.title,
            "needed" if traits.needs_account else "no",
            ", ".join(traits.transports),
            "yes" if traits.sends_deletes else "no",
            "yes" if traits.sends_edits else "no",
            ", ".join(network.Options.__struct_fields__),
        )
    console.print(table)
