"""The forms a statement can be asked for in: ids and canonical (xAPI 1.0.3, part 3, 2.1.3, `format`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from schemas.xapi.actor import IDENTIFIERS

_MAPS = ("name", "description")
_COMPONENTS = ("choices", "scale", "source", "target", "steps")
_IDENTIFYING = IDENTIFIERS | {"objectType"}
_Part = dict[str, Any]


def ids_form(statement: _Part) -> _Part:
    """A statement with only what identifies its agents, groups, activities and verb."""
    short = {**statement, "verb": {"id": statement["verb"]["id"]}}
    return _parts_with_actors(short, _identify_actor, lambda activity: {"id": activity["id"]}, ids_form)


def canonical_form(statement: _Part, definitions: Mapping[str, _Part], languages: Sequence[str]) -> _Part:
    """A statement with the store's definitions of its activities, each in the preferred language."""

    def activity(sent: _Part) -> _Part:
        definition = definitions.get(sent["id"]) or sent.get("definition")
        return {**sent, "definition": _in_language(definition, languages)} if definition else sent

    verb = statement["verb"]
    if "display" in verb:
        verb = {**verb, "display": one_language(verb["display"], languages)}
    return _parts_with_actors(
        {**statement, "verb": verb},
        lambda actor: actor,
        activity,
        lambda sub: canonical_form(sub, definitions, languages),
    )


def activities(statement: _Part) -> Iterator[str]:
    """The ids of every activity in a statement."""
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    if kind == "SubStatement":
        yield from activities(target)
    elif kind == "Activity":
        yield target["id"]
    for related in (statement.get("context") or {}).get("contextActivities", {}).values():
        yield from (a["id"] for a in (related if isinstance(related, list) else [related]))


def preferred_languages(accept_language: str) -> list[str]:
    """The languages of an Accept-Language header, the most preferred first, in lower case (RFC 9110, 12.5.4)."""
    weighted: list[tuple[float, str]] = []
    for part in accept_language.split(","):
        tag, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.partition("=")[2]) if weight else 1.0
        except ValueError:
            continue
        if tag and quality > 0:
            weighted.append((quality, tag.strip().lower()))
    return [tag for _, tag in sorted(weighted, key=lambda quality_and_tag: -quality_and_tag[0])]


def one_language(language_map: Mapping[str, str], languages: Sequence[str]) -> dict[str, str]:
    """The preferred entry of a language map; the first one if none is preferred (RFC 4647, 3.4)."""
    by_tag = {tag.lower(): tag for tag in language_map}
    for language in languages:
        tag_prefix = language
        while tag_prefix:
            for tag, sent in by_tag.items():
                if tag == tag_prefix or tag.startswith(f"{tag_prefix}-"):
                    return {sent: language_map[sent]}
            tag_prefix = tag_prefix.rpartition("-")[0]
    first = next(iter(language_map), None)
    return {} if first is None else {first: language_map[first]}


def _in_language(definition: _Part, languages: Sequence[str]) -> _Part:
    in_language = dict(definition)
    for name in _MAPS:
        if name in in_language:
            in_language[name] = one_language(in_language[name], languages)
    for name in _COMPONENTS:
        if name in in_language:
            in_language[name] = [
                {**part, "description": one_language(part["description"], languages)} if "description" in part else part
                for part in in_language[name]
            ]
    return in_language


def _identify_actor(actor: _Part) -> _Part:
    short = {key: value for key, value in actor.items() if key in _IDENTIFYING}
    if IDENTIFIERS.isdisjoint(actor):  # an anonymous group is its members
        short["member"] = [_identify_actor(member) for member in actor.get("member", ())]
    return short


_Change = Callable[[_Part], _Part]


def _parts_with_actors(statement: _Part, actor: _Change, activity: _Change, sub: _Change) -> _Part:
    """A statement with its agents, activities and SubStatement changed."""
    changed = {**statement, "actor": actor(statement["actor"])}
    target = statement["object"]
    match target.get("objectType", "Activity"):
        case "Activity":
            changed["object"] = activity(target)
        case "Agent" | "Group":
            changed["object"] = actor(target)
        case "SubStatement":
            changed["object"] = sub(target)
    if "authority" in statement:
        changed["authority"] = actor(statement["authority"])
    context = statement.get("context")
    if context:
        changed["context"] = _context(context, actor, activity)
    return changed


def _context(context: _Part, actor: _Change, activity: _Change) -> _Part:
    changed = dict(context)
    for name in ("instructor", "team"):
        if name in changed:
            changed[name] = actor(changed[name])
    for name, inner in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in changed:
            changed[name] = [{**part, inner: actor(part[inner])} for part in changed[name]]
    if "contextActivities" in changed:
        changed["contextActivities"] = {
            kind: [activity(a) for a in (related if isinstance(related, list) else [related])]
            for kind, related in changed["contextActivities"].items()
        }
    return changed
