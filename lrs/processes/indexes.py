"""See to the log's indexes of ids: at the start of `lrs serve`, and while it runs."""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path

from lrs.log.sqlite import SqliteLog
from lrs.log.sqlite_index import IndexDamaged

logger = logging.getLogger(__name__)


def mend_indexes(folder: Path) -> list[str]:
    """See that the ids that a log holds are found in it; gives the topics whose file must be written again for that.

    Raises Full, Unavailable and UnreadableFile.
    """
    damaged = []
    with closing(SqliteLog(folder)) as log:
        log.open_all()
        for topic in log.topics():
            try:
                if (mended := log.mend_index(topic)) is not None:
                    logger.error("%s: %s", topic, mended)
            except IndexDamaged as error:
                logger.error("%s", error)
                damaged.append(topic)
    return damaged
