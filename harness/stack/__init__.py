"""s.yaml and .env as the local cloud and `make` need them."""
