"""`python -m harness`: see harness/cli/commands.py."""

from harness.cli.commands import main

if __name__ == "__main__":
    main(prog_name="python -m harness")
