"""What there is: projects, buckets bound to them, tasks."""
