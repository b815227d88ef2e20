"""RAM: who signs, and what a role may do."""
