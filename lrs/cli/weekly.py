"""Weekly fits beside other processes: the child that does them, for whoever keeps children alive."""

from __future__ import annotations

from collections.abc import Mapping

from lrs import exits
from lrs.cli.answering import fail
from lrs.extras import require
from lrs.processes.supervise import Child


def check_weekly(fit_weekly: bool, activate_better: bool) -> None:
    """End a command whose options of weekly fits cannot be followed. Raises MissingExtra."""
    if fit_weekly:
        require("fit")
    elif activate_better:
        fail("--activate-better is about what --fit-weekly fits: give both", exits.USAGE)


def weekly_fits(environment: Mapping[str, str], activate_better: bool) -> Child:
    """What fits each week."""
    more = ["--activate-better"] if activate_better else []
    return Child("weekly fits", ["lrs.cli.main", "fit", "weekly", "--bound", *more], environment)
