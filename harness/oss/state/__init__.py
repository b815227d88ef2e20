"""What the buckets hold: SQLite for what is known of an object, files for its bytes. Nothing here speaks HTTP."""
