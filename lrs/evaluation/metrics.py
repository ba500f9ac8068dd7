"""Figures of predicted probabilities: ranking (AUC), log loss and Brier score, calibration (ECE)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

BINS = 15  # equal-width, as the literature's ECE has them
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def auc(p: Floats, right: Bools) -> float:
    """Chance that a right answer had a higher prediction than a wrong one; ties count half. NaN without both kinds."""
    wins, losses = int(right.sum()), int((~right).sum())
    if not wins or not losses:
        return float("nan")
    return float((rankdata(p)[right].sum() - wins * (wins + 1) / 2) / (wins * losses))


def log_loss(p: Floats, right: Bools) -> float:
    """Mean of -log P(outcome), in nats."""
    happened = np.where(right, p, 1.0 - p)
    return float(-np.log(np.maximum(happened, 1e-15)).mean())


def brier(p: Floats, right: Bools) -> float:
    """Mean squared distance of P(right) from the outcome."""
    return float(((p - right) ** 2).mean())


def reliability(p: Floats, right: Bools, bins: int = BINS) -> list[dict[str, Any]]:
    """For each non-empty bin: its bounds, count, mean prediction and mean outcome."""
    bin_ = np.minimum((p * bins).astype(np.int64), bins - 1)
    table = []
    for k in range(bins):
        in_bin = bin_ == k
        if n := int(in_bin.sum()):
            predicted, happened = float(p[in_bin].mean()), float(right[in_bin].mean())
            table.append({"from": k / bins, "to": (k + 1) / bins, "n": n, "predicted": predicted, "right": happened})
    return table


def ece(p: Floats, right: Bools, bins: int = BINS) -> float:
    """Expected calibration error: mean distance of prediction from outcome, over bins weighted by size."""
    return float(sum(row["n"] * abs(row["predicted"] - row["right"]) for row in reliability(p, right, bins)) / len(p))


def scores(p: Floats, right: Bools) -> dict[str, Any]:
    """All figures of one column of predictions. Raises ValueError where there are none."""
    if not len(p):
        raise ValueError("no predictions to judge")
    figures = {"auc": auc(p, right), "log_loss": log_loss(p, right), "brier": brier(p, right), "ece": ece(p, right)}
    return {"n": len(p), **figures}
