"""The settings that have no default."""

from __future__ import annotations

ENVIRON = {"APPLICATION_ID": "an-application", "TRACKING_BUCKET": "my-gif-records"}
