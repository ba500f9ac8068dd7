"""Policies that people edit: what applies in a scope, whose decisions a change would alter today, and making it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from pydantic import Field, TypeAdapter

from lrs.catalog.catalogs import Catalogs
from lrs.catalog.change_validation import check_changes
from lrs.errors import Conflict, Forbidden, Missing
from lrs.pacing.board_differences import compare_boards
from lrs.pacing.display_names import catalog_name
from lrs.store.client import Store
from schemas.catalog import Catalog, Change, Class
from schemas.invalid import Invalid
from schemas.narrowed_policy import FOR_ALL, NARROWED, NarrowedPolicy, ThresholdScope
from schemas.policy import Policy
from schemas.refusal import parse_model
from schemas.typed_text import check_typed
from schemas.wording import worded

Sees = Callable[[Class | None], bool]
Edit = Policy | NarrowedPolicy
_EDIT: TypeAdapter[Edit] = TypeAdapter(Annotated[Edit, Field(discriminator="kind")])


class PolicyMoved(Conflict):
    """Somebody changed the policy since it was looked at."""

    def __init__(self) -> None:
        super().__init__(worded("the policy was changed meanwhile: look at it again"), "version")


class NoScope(Missing):
    """There is no school, class or skill of a name; `field` says which of them."""

    def __init__(self, field: str) -> None:
        super().__init__(worded("there is no such school, class or skill"), field)


@dataclass(frozen=True, slots=True)
class PolicyEdits:
    """The policies of tenants. Raises what the store and the log raise; it takes a while: not for an event loop.

    Who sees a class may change its policy, and that of a skill in it; who sees every class may change the others.
    """

    store: Store
    catalogs: Catalogs
    now: Callable[[], int]

    def read(self, tenant: str, scope: ThresholdScope, sees: Sees) -> dict[str, Any]:
        """What applies in a scope, what of that is its own, and its earlier versions, the latest first.

        Raises Forbidden, and NoScope.
        """
        catalog = self.catalogs.latest(tenant)
        _permit(catalog, scope, sees)
        _check_is_there(catalog, scope)
        policy, version = catalog.policies.at(_named_scope(catalog, scope))
        everybody = not any(scope)
        return {
            "scope": scope._asdict(),
            "version": version,
            "effective": policy.model_dump(exclude={"kind", "by"}),
            "wider": catalog.policies.around(_named_scope(catalog, scope), scope).model_dump(exclude={"kind", "by"}),
            "own": policy.model_dump(exclude={"kind", "by"}) if everybody else dict(catalog.policies.own(scope)),
            "names": list((*NARROWED, *FOR_ALL) if everybody else NARROWED),
            "versions": self._versions(tenant, scope),
            "scopes": [
                narrowed_scope._asdict()
                for narrowed_scope, narrowed_policy in catalog.policies.narrowed.items()
                if narrowed_policy.thresholds and _may(catalog, narrowed_scope, sees)
            ],
        }

    def choices(self, tenant: str, sees: Sees) -> dict[str, list[dict[str, str]]]:
        """The schools, classes and skills whose policy somebody may change."""
        catalog = self.catalogs.latest(tenant)
        classes = [class_ for class_ in catalog.classes.values() if sees(class_)]
        schools = [school for school in catalog.schools.values() if sees(None)]
        skills = dict.fromkeys(skill for class_ in classes for skill in class_.skills)
        return {
            "schools": [{"id": school.id, "name": school.name or school.id} for school in schools],
            "classes": [{"id": class_.id, "name": class_.name or class_.id} for class_ in classes],
            "skills": [{"id": id_, "name": catalog_name(catalog, id_)} for id_ in skills],
        }

    def preview(self, tenant: str, edit: Edit, sees: Sees) -> dict[str, Any]:
        """Whose decisions would be others now if a change were made; nothing is. Raises Invalid and Forbidden."""
        catalog = self.catalogs.latest(tenant)
        _check_edit(catalog, edit, sees)
        proposed = self.catalogs.proposed(tenant, [edit])
        touched = [class_ for class_ in catalog.classes.values() if sees(class_) and _applies(edit, class_)]
        differing = compare_boards(self.store, tenant, (catalog, proposed), touched, self.now())
        return {"version": catalog.policies.at(_named_scope(catalog, _scope_of_edit(edit))).version, **differing}

    def apply(self, tenant: str, credential: str, edit: Edit, sees: Sees, seen_version: int | None = None) -> int:
        """Make a change; gives its position. seen_version: the version that was looked at.

        Raises Invalid, Forbidden, and Changed where that version is not the latest.
        """
        check_typed(edit)
        catalog = self.catalogs.latest(tenant)
        _check_edit(catalog, edit, sees)
        if (
            seen_version is not None
            and catalog.policies.at(_named_scope(catalog, _scope_of_edit(edit))).version != seen_version
        ):
            raise PolicyMoved
        return self.catalogs.append(tenant, credential, edit, self.now())

    def _versions(self, tenant: str, scope: ThresholdScope) -> list[dict[str, Any]]:
        versions = []
        for position, at, change in self.catalogs.changes(tenant):
            if isinstance(change, Policy | NarrowedPolicy) and _scope_of_edit(change) == scope:
                thresholds = (
                    change.model_dump(exclude={"kind", "by"}) if isinstance(change, Policy) else change.thresholds
                )
                versions.append({"version": position, "at": at, "by": change.by, "thresholds": thresholds})
        return versions[::-1]


def edit_of(scope: ThresholdScope, thresholds: Mapping[str, int | float], by: str) -> Edit:
    """The change that sets the thresholds of a scope; of everybody, those that are not named are the shipped ones.

    Raises Invalid.
    """
    narrow: dict[str, Any] = {"kind": "narrowed_policy", **scope._asdict(), "thresholds": dict(thresholds)}
    edit_fields = (narrow if any(scope) else {"kind": "policy", **thresholds}) | {"by": by[:200]}
    edit: Edit = parse_model(_EDIT, orjson.dumps(edit_fields))
    return edit


def _scope_of_edit(edit: Edit) -> ThresholdScope:
    return edit.scope if isinstance(edit, NarrowedPolicy) else ThresholdScope()


def _named_scope(catalog: Catalog, scope: ThresholdScope) -> ThresholdScope:
    """The scope with the class's school, whose policy counts there."""
    class_ = catalog.classes.get(scope.class_id)
    return scope._replace(school=class_.school) if class_ else scope


def _may(catalog: Catalog, scope: ThresholdScope, sees: Sees) -> bool:
    return sees(catalog.classes.get(scope.class_id) if scope.class_id else None)


def _permit(catalog: Catalog, scope: ThresholdScope, sees: Sees) -> None:
    if not _may(catalog, scope, sees):
        raise Forbidden(worded("the policy of a class is for who teaches it, and any other for leaders"))


def _check_is_there(catalog: Catalog, scope: ThresholdScope) -> None:
    """Raises NoScope. What had a policy of its own is there, whatever the catalog has now: its policy can be seen."""
    if scope in catalog.policies.narrowed:
        return
    for field, catalog_ids in (("school", catalog.schools), ("class_id", catalog.classes)):
        if (scope_id := getattr(scope, field)) and scope_id not in catalog_ids:
            raise NoScope(field)
    taught = (class_.skills for class_ in catalog.classes.values())
    if scope.skill and scope.skill not in catalog.skills and not any(scope.skill in skills for skills in taught):
        raise NoScope("skill")


def _check_edit(catalog: Catalog, edit: Edit, sees: Sees) -> None:
    """Check an edit of a policy. Raises Forbidden, and Invalid."""
    _permit(catalog, _scope_of_edit(edit), sees)
    changes: Sequence[Change] = [edit]
    try:
        unknown = check_changes(changes, catalog)
    except Invalid as error:
        raise Invalid(error.field.removeprefix("0."), error.reason) from None
    if unknown.skills:
        raise Invalid("skill", worded("there is no skill %(id)s", id=unknown.skills[0].id))


def _applies(edit: Edit, class_: Class) -> bool:
    scope = _scope_of_edit(edit)
    return (
        scope.class_id in ("", class_.id)
        and scope.school in ("", class_.school)
        and (not scope.skill or scope.skill in class_.skills)
    )
