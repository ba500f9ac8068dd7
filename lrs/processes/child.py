"""What every child of `lrs serve` does: say that it has started, end on a signal, and log to standard error."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from datetime import UTC, datetime

READY = "PACER_READY_FD"  # where a child writes when it has started
_NOISY = ("urllib3", "clickhouse_connect", "kafka")  # what fails there is reported by the caller


def say_ready() -> None:
    """Tell the parent, which waits for it, that this process does its work from here on.

    If there is no parent any more, this process ends as it does on SIGTERM: in order, without waiting for anybody.
    """
    if (descriptor := os.environ.pop(READY, None)) is None:
        return
    try:
        os.write(int(descriptor), b"1")
    except BrokenPipeError:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        os.close(int(descriptor))


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def log_to_stderr(as_json: bool = False) -> None:
    """One line an event (or one JSON object a line), to standard error, without personal data."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if as_json else logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.ERROR)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        log_line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            log_line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(log_line, ensure_ascii=False)
