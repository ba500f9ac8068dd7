"""Weights of little history, blended with others by how much there is: both heads are linear, so their logits blend."""

from __future__ import annotations

from math import exp, log

from msgspec.structs import replace

from processors.mastery.weights import Band, HeadWeights, ItemHeadWeights, ItemTerms, SkillTerms, Weights

PRIOR = 5000  # answers that the other weights count for …
RATES_PRIOR = 1000  # … and their rates of skills and items


def blend(own: Weights, other: Weights, answers: int) -> Weights:
    """Own weights, fitted to so many answers, and the other's by their share; forgetting has a prior of its own."""
    share = answers / (answers + PRIOR)

    level = share * _logit(own.rate) + (1.0 - share) * _logit(other.rate)
    apart = answers / (answers + RATES_PRIOR)  # of what sets a skill or an item apart from the rate of all

    def rates(ours: dict[str, float], theirs: dict[str, float]) -> dict[str, float]:
        return {
            name: _rate(
                level
                + apart * (_logit(ours.get(name, own.rate)) - _logit(own.rate))
                + (1.0 - apart) * (_logit(theirs.get(name, other.rate)) - _logit(other.rate))
            )
            for name in sorted(ours | theirs)
        }

    return replace(
        own,
        rate=_rate(level),
        skill_rates=rates(own.skill_rates, other.skill_rates),
        item_rates=rates(own.item_rates, other.item_rates),
        mastery=_heads(own.mastery, other.mastery, share),
        next_item=_heads(own.next_item, other.next_item, share),
        item=_items(own, other, share),
        bands=[_bands(ours, theirs, share) for ours, theirs in zip(own.bands, other.bands, strict=True)],
    )


def _logit(rate: float) -> float:
    return log(rate / (1.0 - rate))


def _rate(logit: float) -> float:
    return round(1.0 / (1.0 + exp(-logit)), 6)


class _Mix:
    """share · own + (1 - share) · other, each already scaled to its probabilities."""

    def __init__(self, own: HeadWeights, other: HeadWeights, share: float) -> None:
        self.own, self.other = share * own.scale, (1.0 - share) * other.scale

    def one(self, own: float, other: float) -> float:
        return round(self.own * own + self.other * other, 6)

    def many(self, own: list[float], other: list[float]) -> list[float]:
        return [self.one(ours, theirs) for ours, theirs in zip(own, other, strict=True)]


def _heads(own: HeadWeights, other: HeadWeights, share: float) -> HeadWeights:
    mix = _Mix(own, other, share)

    def terms(ours: SkillTerms, theirs: SkillTerms) -> SkillTerms:
        return SkillTerms(
            mix.one(ours.bias, theirs.bias),
            mix.many(ours.attempts, theirs.attempts),
            mix.many(ours.history, theirs.history),
            mix.many(ours.slopes, theirs.slopes),
        )

    return HeadWeights(
        mix.many(own.core, other.core),
        mix.many(own.context, other.context),
        terms(own.any_skill, other.any_skill),
        {
            name: terms(own.skills.get(name, own.any_skill), other.skills.get(name, other.any_skill))
            for name in own.skills | other.skills
        },
        1.0,
        round(share * own.shift + (1.0 - share) * other.shift, 6),
    )


def _items(own: Weights, other: Weights, share: float) -> ItemHeadWeights:
    mix, ours, theirs = _Mix(own.next_item, other.next_item, share), own.item, other.item

    def terms(own_terms: ItemTerms, another: ItemTerms) -> ItemTerms:
        return ItemTerms(mix.one(own_terms.bias, another.bias), mix.many(own_terms.retry, another.retry))

    return ItemHeadWeights(
        mix.many(ours.item, theirs.item),
        terms(ours.any_item, theirs.any_item),
        {
            name: terms(ours.items.get(name, ours.any_item), theirs.items.get(name, theirs.any_item))
            for name in ours.items | theirs.items
        },
    )


def _bands(own: Band, other: Band, share: float) -> Band:
    def mixed(ours: float, theirs: float) -> float:
        return share * ours + (1.0 - share) * theirs

    kappa = exp(mixed(log(own.kappa), log(other.kappa)))
    return Band(round(mixed(own.shift, other.shift), 4), round(mixed(own.scale, other.scale), 4), round(kappa, 3))
