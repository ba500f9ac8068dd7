"""The errors of every part, one family: a caller asks what can be done about one, not which part raised it.

The log, ClickHouse, the transactional database, attachments and the issuer of tokens raise subclasses of these.
Their texts may reach clients and logs, so they hold no secret and no personal data.
"""

from __future__ import annotations


class Failure(Exception):
    """Something that was asked for could not be done. `field` names the part of the request it is about, if any."""

    def __init__(self, message: str = "", field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Transient(Failure):
    """A part does not answer, or is too busy; it may or may not have done it. The same may be tried again."""


class Held(Transient):
    """Another process has held what this one waited for; the text says which, and what to do."""


class Refused(Failure):
    """A part answered that it will not do it, and will not until somebody changes a login, a table or a setting."""


class LostData(Failure):
    """What was acknowledged is not there any more, or not as it was written. A person must decide."""


class UnreadableFile(LostData):
    """A file cannot be read by this release, or at all. It stays so until a person puts another in its place."""


class Full(Failure):
    """There is no room; nothing was stored. It can be done once there is."""


class Conflict(Failure):
    """Something else exists already."""


class Missing(Failure):
    """There is no such thing."""


class Forbidden(Failure):
    """Whoever asks may not do this."""
