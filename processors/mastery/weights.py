"""What was fitted: the weights of the model's two heads, base rates, forgetting and intervals, under one version."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from processors.mastery.forgetting import Forgetting

CORE = 47  # features of a learner and a skill, which need no item
ITEM = 10  # features of a learner and an item
SLOPES = 6  # features with a weight for each skill
BUCKETS, HISTORIES, RETRIES, CONTEXTS = 7, 32, 10, 128
LOGIT_SKILL, LOGIT_ITEM = 32, 8  # where the logit of the skill's rate is among CORE, that of the item's among ITEM


class SkillTerms(msgspec.Struct, array_like=True, frozen=True):
    """What a head knows of one skill."""

    bias: float
    attempts: list[float]  # by bucket of attempts
    history: list[float]  # by the last ≤4 outcomes
    slopes: list[float]


class ItemTerms(msgspec.Struct, array_like=True, frozen=True):
    """What next_item knows of one item."""

    bias: float
    retry: list[float]  # by retry state


class HeadWeights(msgspec.Struct, frozen=True):
    """Weights of what needs no item; any_skill is for skills that were not in the data."""

    core: list[float]
    context: list[float]  # by the learner's last ≤5 outcomes, and whether the skill is the one before
    any_skill: SkillTerms
    skills: dict[str, SkillTerms]
    scale: float  # Platt: σ(shift + scale·z)
    shift: float


class ItemHeadWeights(msgspec.Struct, frozen=True):
    """What is added where the item is known."""

    item: list[float]
    any_item: ItemTerms
    items: dict[str, ItemTerms]


class Band(msgspec.Struct, array_like=True, frozen=True):
    """The next five answers at a mastery p: beta-binomial with mean σ(shift + scale·logit p), worth `kappa` answers."""

    shift: float
    scale: float
    kappa: float


class Weights(msgspec.Struct, frozen=True):
    """All that was fitted; frozen between refits, so that a replay gives the same rows. `rate` is of all answers."""

    version: str
    source: str
    rate: float
    mastery: HeadWeights
    next_item: HeadWeights
    item: ItemHeadWeights
    bands: list[Band]  # by bucket of attempts
    forgetting: Forgetting
    skill_rates: dict[str, float]
    item_rates: dict[str, float]


_weights_decoder = msgspec.json.Decoder(Weights)


@cache
def default_weights() -> Weights:
    """The weights Pacer comes with: for a deployment that has not fitted its own. A test holds them to their bounds."""
    return _weights_decoder.decode(files("processors.mastery").joinpath("weights.json").read_bytes())
