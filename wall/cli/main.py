"""The command `parvis`. A role starts without the command line's own library: that keeps it quick and small."""

from __future__ import annotations

import sys

from wall.cli.roles import ROLES, run_role


def main() -> None:
    words = sys.argv[1:]
    if len(words) == 1 and words[0] in {role.name for role in ROLES}:
        run_role(words[0])
        return
    from wall.cli.commands import parvis  # 20 ms and 4 MB that no role needs

    parvis(prog_name="parvis")


if __name__ == "__main__":
    main()
