"""A function, and the processes that it runs in."""
