"""Who may use which route: tools by the scopes of their credential, people by their role.

One table for all routes; a test holds the routes to it. Scopes are enforced by the handlers, roles by
lrs.http.signed_in, which also limits all but operators and leaders to the class or learner in the path. A route
without either gives them only what its handler limits itself.
"""

from __future__ import annotations

from typing import NamedTuple

from lrs.accounts.roles import FAMILY, PersonRole
from lrs.auth.scopes import Scope


class RouteAccess(NamedTuple):
    """Who may use one route: the scopes of which one is enough beside `all` (None: nobody is asked), and the roles."""

    scopes: frozenset[Scope] | None
    roles: frozenset[PersonRole] = frozenset()


_O, _L, _P, _T = PersonRole.OPERATOR, PersonRole.LEADER, PersonRole.PRINCIPAL, PersonRole.TEACHER
_ALL_READ, _DEFINE = {Scope.ALL_READ}, {Scope.DEFINE}
_WRITE, _READ, _MINE = {Scope.STATEMENTS_WRITE}, {Scope.STATEMENTS_READ}, {Scope.STATEMENTS_READ_MINE}
_ANYBODY = RouteAccess(None, frozenset(PersonRole))


def _access(scopes: set[Scope], *roles: PersonRole) -> RouteAccess:
    return RouteAccess(frozenset(scopes), frozenset(roles))


def _documents(path: str, scope: Scope) -> dict[tuple[str, str], RouteAccess]:
    writes = {(method, path): _access({scope}) for method in ("PUT", "POST", "DELETE")}
    return {("GET", path): _access({scope} | _ALL_READ), **writes}


TABLE: dict[tuple[str, str], RouteAccess] = {
    # Tools send and read what happened.
    ("GET", "/xAPI/statements"): _access(_READ | _MINE | _ALL_READ),
    ("PUT", "/xAPI/statements"): _access(_WRITE),
    ("POST", "/xAPI/statements"): _access(_WRITE),
    **_documents("/xAPI/activities/state", Scope.STATE),
    **_documents("/xAPI/agents/profile", Scope.PROFILE),
    **_documents("/xAPI/activities/profile", Scope.PROFILE),
    ("GET", "/xAPI/agents"): _access(_READ | _DEFINE | _ALL_READ),
    ("POST", "/xAPI/agents"): _access(_READ | _DEFINE | _ALL_READ),  # a GET in a form
    ("GET", "/xAPI/activities"): _access(_READ | _DEFINE | _ALL_READ),
    ("POST", "/xAPI/activities"): _access(_READ | _DEFINE | _ALL_READ),  # a GET in a form
    ("GET", "/xAPI/about"): _ANYBODY,
    ("POST", "/xAPI/about"): _ANYBODY,
    ("POST", "/caliper/envelopes"): _access(_WRITE),
    ("POST", "/explain"): _access(_WRITE | _READ | _DEFINE | _ALL_READ, _O),
    ("GET", "/statements"): _access(_READ | _MINE | _ALL_READ, _O, _L),
    ("GET", "/statements/{statement}"): _access(_READ | _MINE | _ALL_READ, _O, _L),
    # What is taught, and to whom.
    ("GET", "/catalog"): _access(_ALL_READ, _O, _L),
    ("POST", "/catalog"): _access(set(), _O, _L),
    ("POST", "/catalog/preview"): _access(set(), _O, _L),
    ("GET", "/catalog/unmapped"): _access(_ALL_READ, _O, _L),
    ("GET", "/roster"): _access(_ALL_READ, _O, _L),
    ("POST", "/roster"): _access(set(), _O, _L),
    ("POST", "/skills"): _access(set(), _O, _L),
    ("GET", "/materials"): _access(_ALL_READ, _O, _L),
    ("POST", "/materials"): _access(set(), _O, _L),
    ("GET", "/board/skills"): _access(_ALL_READ, _O, _L),
    ("GET", "/board/materials"): _access(_ALL_READ, _O, _L),
    **{
        ("POST", f"/board/{page}/{action}"): _access(set(), _O, _L)
        for page in ("skills", "materials")
        for action in ("preview", "apply")
    },
    **{("POST", f"/board/skills/requirements/{action}"): _access(set(), _O, _L) for action in ("preview", "apply")},
    **{
        ("GET", f"/board/roster{path}"): _access(_ALL_READ, _O, _L)
        for path in ("", "/nobody.csv", "/uploads/{upload}/report.csv")
    },
    **{
        ("POST", f"/board/roster/{action}"): _access(set(), _O, _L)
        for action in ("preview", "apply", "accounts/preview", "accounts/apply")
    },
    **{("GET", path): _access(_ALL_READ, _O, _L) for path in ("/people", "/board/people")},
    **{
        ("POST", f"{place}/{action}"): _access(set(), _O, _L)
        for place in ("/people", "/board/people")
        for action in ("merge", "split")
    },
    ("POST", "/cmi5/courses"): _access(_DEFINE, _O, _L),
    ("GET", "/cmi5/courses"): _access(_READ | _ALL_READ, _O, _L),
    ("GET", "/cmi5/courses/{course:path}/registrations/{registration}"): _access(_READ | _ALL_READ, _L),
    ("POST", "/cmi5/launches"): _access(set(), _L),
    ("POST", "/cmi5/fetch/{token}"): _ANYBODY,  # who has the token is let in, once
    ("POST", "/cmi5/registrations/{registration}/waive"): _access(set(), _L),
    ("POST", "/cmi5/sessions/{session}/abandon"): _access(set(), _L),
    **{("GET", path): _access(_ALL_READ, _O) for path in ("/clocks", "/board/clocks")},
    # What could not be processed.
    ("GET", "/dead-letters"): _access(_ALL_READ, _O),
    ("GET", "/dead-letters/{number}"): _access(_ALL_READ, _O),
    **{
        ("POST", f"/dead-letters{which}/{action}"): _access(set(), _O)
        for which in ("", "/{number}")
        for action in ("retry", "drop")
    },
    # What is known of learners.
    **{
        ("GET", f"{path}/learners/{{learner:id}}"): _access(_ALL_READ, _L, _P, _T, *FAMILY)
        for path in ("/pacing", "/board")
    },
    ("GET", "/pacing/learners/{learner:id}/next"): _access(_ALL_READ, _L, _P, _T, *FAMILY),
    # To the learner and the family the handler shows what is for them.
    ("GET", "/pacing/notes/{learner:id}"): _access(_ALL_READ, _O, _L, _P, _T, *FAMILY),
    ("POST", "/pacing/notes/{learner:id}"): _access(set(), _O, _L, _P, _T),
    ("DELETE", "/pacing/notes/{learner:id}/{note}"): _access(set(), _O, _L, _P, _T),
    ("POST", "/board/notes/{learner:id}"): _access(set(), _L, _P, _T),
    # The learner's own word: no scope is enough.
    **{
        ("POST", f"{path}/lessons/{{learner:id}}"): _access(set(), PersonRole.LEARNER) for path in ("/pacing", "/board")
    },
    **{("POST", f"{path}/groups/{{class_id:id}}"): _access(set(), _L, _P, _T) for path in ("/pacing", "/board")},
    **{
        ("GET", path): _access(_ALL_READ, _L, _P, _T)
        for path in (
            "/pacing/classes",
            "/pacing/classes/{class_id:id}",
            "/pacing/unlikely/{class_id:id}",
            "/board",
            "/board/classes/{class_id:id}",
            "/board/live/{class_id:id}",
        )
    },
    **{
        (method, path): _access(_ALL_READ if method == "GET" else set(), _L, _P, _T)
        for path, change in (
            ("/plans/{class_id:id}/{day}", "POST"),
            ("/pacing/plans/{class_id:id}/{day}", "POST"),
            ("/pacing/timetables/{class_id:id}", "PUT"),
        )
        for method in ("GET", change)
    },
    **{
        ("GET", path): _access(_ALL_READ, _L, _P, _T)
        for path in ("/pacing/groups/{class_id:id}", "/pacing/checks/{class_id:id}/{check}", "/checks/{class_id:id}")
    },
    **{
        (method, path): _access(set(), _L, _P, _T)
        for method, path in (
            ("POST", "/pacing/checks/{class_id:id}"),
            ("PUT", "/pacing/checks/{class_id:id}/{check}"),
            ("POST", "/checks/{class_id:id}"),
            ("POST", "/checks/{class_id:id}/results"),
        )
    },
    # Their own: the handler asks whether they are in the class.
    ("GET", "/board/check/{check:id}"): _access(_ALL_READ, PersonRole.LEARNER),
    ("POST", "/board/check/{check:id}"): _access(set(), PersonRole.LEARNER),
    # Of whom a teacher sees.
    **{("GET", f"/pacing/alerts{part}"): _access(_ALL_READ, _L, _P, _T) for part in ("", "/digest", "/stream")},
    # Of a class for who teaches it; handlers leave any other to leaders and operators.
    **{("GET", path): _access(_ALL_READ, _O, _L, _P, _T) for path in ("/pacing/policy", "/board/policy")},
    **{
        ("POST", path): _access(set(), _O, _L, _P, _T)
        for path in ("/pacing/policy", "/board/policy/preview", "/board/policy/apply")
    },
    **{("GET", path): _access(_ALL_READ, _O, _L) for path in ("/pacing/initiatives", "/board/initiatives")},
    **{
        ("GET", path): _access(_ALL_READ, _O, _L)
        for path in ("/pacing/initiatives/{initiative:id}/outcome", "/board/initiatives/{initiative:id}")
    },
    **{("POST", path): _access(set(), _O, _L) for path in ("/pacing/initiatives", "/board/initiatives")},
    **{("GET", path): _access(_ALL_READ, _O, _L) for path in ("/models/mastery", "/board/models")},
    **{
        ("POST", f"{path}/{act}"): _access(set(), _O)
        for path in ("/models/mastery", "/board/models")
        for act in ("compare", "activate")
    },
    **{("POST", f"/board/{action}"): _access(set(), _L, _P, _T) for action in ("overrule", "put-off")},
    ("GET", "/board/cards/{class_id:id}"): _access(_ALL_READ, _L, _P, _T),
    ("POST", "/board/cards/{class_id:id}"): _access(set(), _L, _P, _T),
    ("POST", "/board/language"): RouteAccess(frozenset(), frozenset(PersonRole)),  # their own
    ("POST", "/board/appeared"): _access(set(), _O, _L),
    ("GET", "/board/unmapped"): _access(_ALL_READ, _O, _L),
    ("POST", "/board/unmapped/preview"): _access(set(), _O, _L),
    ("POST", "/board/unmapped/apply"): _access(set(), _O, _L),
    **{
        ("GET", path): _ANYBODY
        for path in (
            *("/", "/live", "/ready", "/ready/read", "/ready/write", "/openapi.json", "/docs"),
            *(f"/board/static/{name}" for name in ("board.css", "board.js", "plan.js")),
        )
    },
    # Who has the password or the invitation is let in.
    **{
        (method, path): _ANYBODY
        for method in ("GET", "POST")
        for path in ("/sign-in", "/sign-in/class", "/invitations/{token}")
    },
    ("POST", "/sign-out"): _ANYBODY,
    ("GET", "/lti/jwks"): _ANYBODY,
    **{
        ("GET", path): _ANYBODY
        for path in ("/sign-in/with/{issuer}", "/sign-in/callback", "/sign-in/once/{ticket}", "/lti/login")
    },
    **{("POST", path): _ANYBODY for path in ("/lti/login", "/lti/launch", "/sign-in/open")},
}
