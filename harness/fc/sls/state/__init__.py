"""What is in Log Service."""
