"""Policies narrowed to a school, a class or a skill: which thresholds differ there from those of everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.policy import Policy
from schemas.refusal import refusal

# The same for all of a tenant: how far back rows of mastery are read, and what counts as active time.
FOR_ALL = ("advance_answers", "spinning_after", "idle_after")
NARROWED = tuple(name for name in Policy.model_fields if name not in ("kind", "by", *FOR_ALL))


def _can_be_narrowed(thresholds: dict[str, int | float]) -> dict[str, int | float]:
    for name in thresholds:
        if name not in NARROWED:
            raise ValueError(f"{name} cannot differ within a tenant: {', '.join(NARROWED)} can")
    try:
        Policy.model_validate(thresholds)
    except ValidationError as error:
        raise refusal(thresholds, error) from None
    return thresholds


class ThresholdScope(NamedTuple):
    """Where a policy applies; all empty: everywhere."""

    school: str = ""
    class_id: str = ""
    skill: str = ""


class NarrowedPolicy(BaseModel):
    """The thresholds that differ for a school, a class or a skill; none: they are the wider scope's again.

    Of several that apply the narrowest wins: skill before class before school before everybody, and a skill in a class
    before the skill alone. `by` is who changed it.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    kind: Literal["narrowed_policy"] = "narrowed_policy"
    school: str = Field(default="", max_length=256)
    class_id: str = Field(default="", max_length=256)
    skill: str = Field(default="", max_length=2048)
    thresholds: Annotated[dict[str, int | float], AfterValidator(_can_be_narrowed)] = {}
    by: str = Field(default="", max_length=200)

    @model_validator(mode="after")
    def _narrows(self) -> NarrowedPolicy:
        if self.school and self.class_id:
            raise ValueError("name a school or a class, not both")
        if not any(self.scope):
            raise ValueError("name a school, a class or a skill: a change of kind policy is for everybody")
        return self

    @property
    def scope(self) -> ThresholdScope:
        return ThresholdScope(self.school, self.class_id, self.skill)


class EffectivePolicy(NamedTuple):
    """The policy of a scope, and the position of the last event that shapes it."""

    policy: Policy
    version: int


class InSchool(Protocol):
    """A class, as far as policies ask."""

    @property
    def id(self) -> str: ...

    @property
    def school(self) -> str: ...


@dataclass(slots=True)
class Policies:
    """A tenant's policies after the changes applied so far."""

    base: Policy = field(default_factory=Policy)
    version: int = 0
    narrowed: dict[ThresholdScope, NarrowedPolicy] = field(default_factory=dict)
    _versions: dict[ThresholdScope, int] = field(default_factory=dict)
    _found: dict[ThresholdScope, EffectivePolicy] = field(default_factory=dict)

    def apply(self, change: Policy | NarrowedPolicy, position: int) -> None:
        """Fold one change in."""
        if isinstance(change, Policy):
            self.base, self.version = change, position
        else:
            self.narrowed[change.scope], self._versions[change.scope] = change, position
        self._found.clear()

    def copy(self) -> Policies:
        """A copy of these policies, to try changes on."""
        return Policies(self.base, self.version, dict(self.narrowed), dict(self._versions))

    def of(self, class_: InSchool | None, skill: str) -> EffectivePolicy:
        """What applies to a skill ("": to none in particular) in a class, or in none."""
        if not self.narrowed:
            return EffectivePolicy(self.base, self.version)
        return self.at(ThresholdScope(class_.school, class_.id, skill) if class_ else ThresholdScope(skill=skill))

    def at(self, scope: ThresholdScope) -> EffectivePolicy:
        """What applies in a scope; of a class, its school is named, too."""
        policy = self._found.get(scope)
        if policy is None:
            policy = self._found[scope] = self._merged(scope)
        return policy

    def around(self, scope: ThresholdScope, own: ThresholdScope) -> Policy:
        """What would apply in a scope (see `at`) without its `own` thresholds."""
        return self._merged(scope, own).policy

    def own(self, scope: ThresholdScope) -> Mapping[str, int | float]:
        """The thresholds that differ in a scope itself."""
        return self.narrowed[scope].thresholds if scope in self.narrowed else {}

    def _merged(self, scope: ThresholdScope, without: ThresholdScope | None = None) -> EffectivePolicy:
        wider = [
            wider_scope for wider_scope in _wider(scope) if wider_scope in self.narrowed and wider_scope != without
        ]
        changed = {
            name: value for wider_scope in wider for name, value in self.narrowed[wider_scope].thresholds.items()
        }
        version = max([self.version, *(self._versions[wider_scope] for wider_scope in wider)])
        return EffectivePolicy(self.base.model_copy(update=changed) if changed else self.base, version)


def _wider(scope: ThresholdScope) -> list[ThresholdScope]:
    """The scopes that apply in one, the narrowest last."""
    places = [ThresholdScope()]
    places += [ThresholdScope(school=scope.school)] if scope.school else []
    places += [ThresholdScope(class_id=scope.class_id)] if scope.class_id else []
    skills = [place._replace(skill=scope.skill) for place in places] if scope.skill else []
    return [*places[1:], *skills]
