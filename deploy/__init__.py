"""What `make` makes for a deployment: the package, the RAM documents, the alarms. Never deployed itself."""
