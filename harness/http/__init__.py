"""HTTP as the services share it; nothing here knows one of them."""
