"""`python -m harness`: the local cloud for people."""
