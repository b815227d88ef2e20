"""One file for each command; its `run` is what ops.cli calls."""
