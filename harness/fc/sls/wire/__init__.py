"""How Log Service is spoken to."""
