"""What an operator is told whose video is done by a later delivery: there is not always one."""

from __future__ import annotations

WITHOUT_ANOTHER = (
    "when no delivery follows (a person's invocation has none, an event's can be used up), "
    'invoke the function with {"videos": ["oss://bucket/key"]}'
)
#: Of OSS and of Multimedia AI.
NEW_TOKEN = (
    "the function's security token was not accepted: the platform issues a new one with the next invocation"
)


def next_delivery(does: str) -> str:
    """`does`: what it does, such as "submits it"."""
    return f"the next delivery of the event {does}; {WITHOUT_ANOTHER}"
