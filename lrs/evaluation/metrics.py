"""How good probabilities are: do they rank (AUC), are they sharp and honest (log loss, Brier), do they hold (ECE)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

BINS = 15  # equal-width, as the literature's ECE has them
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def auc(p: Floats, right: Bools) -> float:
    """The chance that a right answer was given more than a wrong one; ties count half. NaN without both kinds."""
    wins, losses = int(right.sum()), int((~right).sum())
    if not wins or not losses:
        return float("nan")
    return float((rankdata(p)[right].sum() - wins * (wins + 1) / 2) / (wins * losses))


def log_loss(p: Floats, right: Bools) -> float:
    """Mean of -log P(what happened), in nats."""
    happened = np.where(right, p, 1.0 - p)
    return float(-np.log(np.maximum(happened, 1e-15)).mean())


def brier(p: Floats, right: Bools) -> float:
    """Mean squared distance of P(right) from what happened."""
    return float(((p - right) ** 2).mean())


def reliability(p: Floats, right: Bools, bins: int = BINS) -> list[dict[str, Any]]:
    """Per bin that holds any: its bounds, how many, what was predicted and what happened (means)."""
    place = np.minimum((p * bins).astype(np.int64), bins - 1)
    table = []
    for k in range(bins):
        held = place == k
        if n := int(held.sum()):
            said, happened = float(p[held].mean()), float(right[held].mean())
            table.append({"from": k / bins, "to": (k + 1) / bins, "n": n, "predicted": said, "right": happened})
    return table


def ece(p: Floats, right: Bools, bins: int = BINS) -> float:
    """Expected calibration error: mean distance of predicted from happened, over bins by their size."""
    return float(sum(row["n"] * abs(row["predicted"] - row["right"]) for row in reliability(p, right, bins)) / len(p))


def scores(p: Floats, right: Bools) -> dict[str, Any]:
    """All figures of one column of predictions. Raises ValueError where there are none."""
    if not len(p):
        raise ValueError("no predictions to judge")
    figures = {"auc": auc(p, right), "log_loss": log_loss(p, right), "brier": brier(p, right), "ece": ece(p, right)}
    return {"n": len(p), **figures}
