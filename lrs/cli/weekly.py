"""Weekly fits beside other processes: the child that does them, for whoever keeps children alive."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from lrs import exits
from lrs.cli.answering import fail
from lrs.extras import require
from lrs.processes.runtime import Runtime
from lrs.processes.supervise import Child

logger = logging.getLogger(__name__)


def check_weekly(fit_weekly: bool, activate_better: bool) -> None:
    """End a command whose options of weekly fits cannot be followed. Raises MissingExtra."""
    if fit_weekly:
        require("fit")
    elif activate_better:
        fail("--activate-better is about what --fit-weekly fits: give both", exits.USAGE)


def fits_beside_api(runtime: Runtime) -> bool:
    """Whether weekly fits are done beside this API; on Kafka, where there may be many, they are a worker's."""
    if runtime.kafka:
        logger.warning("an API on Kafka fits nothing weekly: `lrs worker all --fit-weekly`, or `lrs fit weekly`, does")
    return not runtime.kafka


def weekly_fits(environment: Mapping[str, str], activate_better: bool) -> Child:
    """What fits each week."""
    more = ["--activate-better"] if activate_better else []
    return Child("weekly fits", ["lrs.cli.main", "fit", "weekly", "--bound", *more], environment)
