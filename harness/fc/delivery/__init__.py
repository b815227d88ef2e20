"""Asynchronous invocations: queued, retried, expired, and what their outcome is sent to."""
