"""The local cloud as its users know it: its address, its key, and what it takes for what .env leaves out."""

from __future__ import annotations

from collections.abc import Mapping

URL = "http://127.0.0.1:9000"
ACCOUNT_ID = "1234567890123456"
#: Public knowledge, and good for nothing else.
OWNER_KEY_ID, OWNER_KEY_SECRET = "LTAI5tLocalCloud", "local-cloud-secret"
DEFAULTS: Mapping[str, str] = {
    "ACCOUNT_ID": ACCOUNT_ID,
    "REGION": "cn-beijing",
    "APPLICATION_ID": "local-application",
    "VIDEO_BUCKET": "my-videos",
    "TRACKING_BUCKET": "my-gif-records",
    "IMM_PROJECT": "local-project",
}
