"""What a command can end with, and its exit code.

0  good
1  NeedsAPerson: something was found that somebody has to look at
2  Mistake: what was typed, or a file that is read, is wrong
3  NotAnswered: a service did not answer, or not as it should; the same command may do later
   NotTaken: of these, it surely has done nothing
4  Denied: no credentials, wrong ones, or a permission is missing
70 FAULT: of this program, as sysexits.h has it
"""

from __future__ import annotations

GOOD, PERSON, FAULT = 0, 1, 70
#: As shells have it for a process that Ctrl-C ended.
INTERRUPTED = 130


class OpsError(Exception):
    """Base. The message says what, where, and what to do, in one line."""

    exit_code = PERSON


class NeedsAPerson(OpsError):
    exit_code = PERSON


class Mistake(OpsError):
    exit_code = 2


class NotAnswered(OpsError):
    exit_code = 3


class NotThere(Mistake):
    """What was asked for does not exist, which may be all that somebody wants to know."""


class NotTaken(NotAnswered):
    """Throttled: what was sent may be sent again without a thought."""


class Denied(OpsError):
    exit_code = 4
