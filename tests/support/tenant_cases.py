"""More cases of two tenants with the same ids: people, skills, courses, and the viewer."""

from __future__ import annotations

import re
import uuid
from urllib.parse import quote

from tests.support.eventually import eventually
from tests.support.tenants import (
    AGENT,
    CLASS,
    COURSE,
    DELETES,
    GONE,
    PLAN,
    READS,
    REGISTRATION,
    SAID,
    TIMETABLE,
    TOOL,
    Side,
    case,
)


@case(READS, "GET", "/people")
def _(side: Side) -> None:
    """Only the tenant's own are known by several keys, or look alike."""
    found = side.ask("GET", "/people").json()
    assert {one["name"] for one in found["persons"]} <= {f"person of {side.word}", side.word}
    assert all(side.word in one["into_name"] + one["other_name"] for one in found["suggestions"])


@case(READS, "POST", "/people/merge")
def _(side: Side) -> None:
    """Nobody of whom either tenant knows."""
    answer = side.ask("POST", "/people/merge", 400, json={"into": "person:nobody", "others": [AGENT]})
    assert answer.json()["field"] == "into"


@case(READS, "POST", "/people/split")
def _(side: Side) -> None:
    answer = side.ask("POST", "/people/split", 400, json={"key": "nobody@school.example"})
    assert answer.json()["field"] == "key"


@case(READS, "GET", "/board/people")
def _(side: Side) -> None:
    side.ask("GET", "/board/people")


@case(READS, "POST", "/board/people/merge")
def _(side: Side) -> None:
    side.ask("POST", "/board/people/merge", 400, data={"into": "person:nobody", "other": AGENT})


@case(READS, "POST", "/board/people/split")
def _(side: Side) -> None:
    side.ask("POST", "/board/people/split", 400, data={"key": "nobody@school.example"})


def _uploaded(side: Side) -> str:
    """A roster of the tenant that waits to be applied; gives its token."""
    roster = f"class,name,email\n{side.word},{side.word},{side.word}@school.example\n"
    answer = side.ask(
        "POST", "/board/roster/preview", files={"roster": ("r.csv", roster.encode())}, data={"source": side.word}
    )
    assert side.word in answer.text
    return str(re.findall(r'name="upload" value="([^"]+)"', answer.text)[0])


@case(READS, "GET", "/board/roster")
def _(side: Side) -> None:
    side.ask("GET", "/board/roster")


@case(READS, "GET", "/board/roster/nobody.csv")
def _(side: Side) -> None:
    side.ask("GET", "/board/roster/nobody.csv")


@case(READS, "POST", "/board/roster/preview")
def _(side: Side) -> None:
    _uploaded(side)


@case(READS, "GET", "/board/roster/uploads/{upload}/report.csv")
def _(side: Side) -> None:
    path = f"/board/roster/uploads/{_uploaded(side)}/report.csv"
    side.own(path)
    side.elsewhere.ask("GET", path, 404)


@case(DELETES, "POST", "/board/roster/apply")
def _(side: Side) -> None:
    token = {"upload": _uploaded(side)}
    side.elsewhere.ask("POST", "/board/roster/apply", 404, data=token)
    side.ask("POST", "/board/roster/apply", 303, data=token)
    side.own("/board/roster")


def _mapped(side: Side) -> str:
    """A mapping of the tenant's accounts that waits to be applied; gives its token."""
    mapping = ("a.csv", f"sourcedId,account\n{side.word},{side.word}\n".encode())
    page = {"home_page": f"https://{side.word}.example"}
    answer = side.ask("POST", "/board/roster/accounts/preview", files={"accounts": mapping}, data=page)
    assert side.word in answer.text
    return str(re.findall(r'name="upload" value="([^"]+)"', answer.text)[0])


@case(READS, "POST", "/board/roster/accounts/preview")
def _(side: Side) -> None:
    _mapped(side)


@case(DELETES, "POST", "/board/roster/accounts/apply")
def _(side: Side) -> None:
    token = {"upload": _mapped(side)}
    side.elsewhere.ask("POST", "/board/roster/accounts/apply", 404, data=token)
    side.ask("POST", "/board/roster/accounts/apply", 303, data=token)


@case(READS, "GET", "/cmi5/courses")
def _(side: Side) -> None:
    (found,) = side.ask("GET", "/cmi5/courses").json()["courses"]
    assert {one["mastery_score"] for one in found["children"]} == {0.5 if side.word < "m" else 0.9}


@case(READS, "GET", "/cmi5/courses/{course:path}/registrations/{registration}")
def _(side: Side) -> None:
    found = side.ask("GET", f"/cmi5/courses/{quote(COURSE, safe='')}/registrations/{REGISTRATION}").json()
    assert found["satisfaction"]["satisfied"] is True
    for child in found["satisfaction"]["children"]:
        (by,) = child["by"]
        side.ask("GET", "/xAPI/statements", params={"statementId": by})
        side.elsewhere.ask("GET", "/xAPI/statements", 404, params={"statementId": by})


def _ahead(side: Side) -> str:
    """A statement of a clock that is off; gives its id once it is listed, with those of the tenant alone."""
    seen = {"actor": TOOL, "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"}}
    ahead = side.says(str(uuid.uuid4()), timestamp="2199-01-01T00:00:00Z") | seen
    side.ask("POST", "/xAPI/statements", json=[ahead])
    eventually(lambda: side.ask("GET", "/clocks").json()["senders"] != [])
    [sender] = side.ask("GET", "/clocks").json()["senders"]
    side.ask("GET", "/xAPI/statements", params={"statementId": sender["example"]})
    side.elsewhere.ask("GET", "/xAPI/statements", 404, params={"statementId": sender["example"]})
    return str(sender["example"])


@case(READS, "GET", "/clocks")
def _(side: Side) -> None:
    _ahead(side)


@case(READS, "GET", "/board/clocks")
def _(side: Side) -> None:
    assert _ahead(side) in side.ask("GET", "/board/clocks").text


@case(READS, "GET", TIMETABLE)
def _(side: Side) -> None:
    side.own(f"/pacing/timetables/{CLASS}")


CHECKS = "/pacing/checks/{class_id:id}"


@case(READS, "POST", CHECKS)
def _(side: Side) -> None:
    """Nothing can be asked: no material was sent."""
    side.ask("POST", f"/pacing/checks/{CLASS}", 400, json={})


@case(READS, "GET", f"{CHECKS}/{{check}}")
def _(side: Side) -> None:
    side.ask("GET", f"/pacing/checks/{CLASS}/none", 404)


@case(READS, "PUT", f"{CHECKS}/{{check}}")
def _(side: Side) -> None:
    side.ask("PUT", f"/pacing/checks/{CLASS}/none", 404, json={"results": []})


@case(READS, "GET", "/pacing/groups/{class_id:id}")
def _(side: Side) -> None:
    side.ask("GET", f"/pacing/groups/{CLASS}")
    side.ask("GET", f"/pacing/groups/{CLASS}?check=none", 404)


@case(READS, "GET", "/pacing/unlikely/{class_id:id}")
def _(side: Side) -> None:
    side.ask("GET", f"/pacing/unlikely/{CLASS}")


@case(READS, "GET", "/checks/{class_id:id}")
@case(READS, "POST", "/checks/{class_id:id}")
@case(READS, "POST", "/checks/{class_id:id}/results")
@case(READS, "GET", "/board/check/{check:id}")
@case(READS, "POST", "/board/check/{check:id}")
def _(side: Side) -> None:
    """Nothing can be asked, and only learners answer."""
    side.ask("GET", f"/checks/{CLASS}")
    side.ask("POST", f"/checks/{CLASS}", 400)
    side.ask("POST", f"/checks/{CLASS}/results", 404, data={"check": "none"})
    side.ask("GET", "/board/check/none", 404)
    side.ask("POST", "/board/check/none", 404, data={"question": "0"})


@case(READS, "GET", "/pacing/initiatives")
def _(side: Side) -> None:
    side.own("/pacing/initiatives")


@case(READS, "GET", "/pacing/initiatives/{initiative:id}/outcome")
@case(READS, "GET", "/board/initiatives/{initiative:id}")
def _(side: Side) -> None:
    side.own("/pacing/initiatives/try/outcome")
    side.own("/board/initiatives/try")


@case(READS, "GET", "/board/initiatives")
def _(side: Side) -> None:
    side.own("/board/initiatives")


@case(READS, "GET", "/pacing/alerts")
def _(side: Side) -> None:
    side.ask("GET", "/pacing/alerts")


@case(READS, "GET", "/pacing/alerts/digest")
def _(side: Side) -> None:
    side.ask("GET", "/pacing/alerts/digest")


@case(READS, "GET", "/pacing/alerts/stream")
def _(side: Side) -> None:
    side.ask("GET", "/pacing/alerts/stream", params={"after": "0", "seconds": 0.1})


@case(READS, "POST", "/board/language")
def _(side: Side) -> None:
    side.ask("POST", "/board/language", 400, data={"language": "de"})  # credentials have none


@case(READS, "GET", "/board/live/{class_id:id}")
def _(side: Side) -> None:
    side.ask("GET", f"/board/live/{CLASS}", params={"seconds": 0.1})


@case(READS, "GET", "/pacing/policy")
def _(side: Side) -> None:
    side.own("/pacing/policy", class_id=CLASS)


@case(READS, "GET", "/board/cards/{class_id:id}")
def _(side: Side) -> None:
    side.own(f"/board/cards/{CLASS}")


@case(READS, "POST", "/board/cards/{class_id:id}")
def _(side: Side) -> None:
    """The code of a tenant's class is of that class alone."""
    side.ask("POST", f"/board/cards/{CLASS}", 303, data={"do": "code"})
    mine, others = (one.ask("GET", f"/board/cards/{CLASS}").text for one in (side, side.elsewhere))
    [code] = re.findall(r'class="code">([^<]+)</b>', mine)
    assert code not in others


@case(READS, "GET", "/board/policy")
def _(side: Side) -> None:
    side.own("/board/policy", class_id=CLASS)


@case(READS, "GET", "/models/mastery")
def _(side: Side) -> None:
    assert [one["active"] for one in side.ask("GET", "/models/mastery").json()["versions"]] == [True]


@case(READS, "GET", "/board/models")
def _(side: Side) -> None:
    side.ask("GET", "/board/models")


@case(READS, "POST", "/models/mastery/compare")
def _(side: Side) -> None:
    side.ask("POST", "/models/mastery/compare", 404, json={"version": "none"})


@case(READS, "POST", "/models/mastery/activate")
def _(side: Side) -> None:
    side.ask("POST", "/models/mastery/activate", 404, json={"version": "none"})


@case(READS, "POST", "/board/models/compare")
def _(side: Side) -> None:
    side.ask("POST", "/board/models/compare", 404, data={"version": "none"})


@case(READS, "POST", "/board/models/activate")
def _(side: Side) -> None:
    side.ask("POST", "/board/models/activate", 404, data={"version": "none"})


@case(READS, "GET", "/plans/{class_id:id}/{day}")
def _(side: Side) -> None:
    side.own(f"/plans/{CLASS}/2030-03-19")


@case(READS, "GET", PLAN)
def _(side: Side) -> None:
    side.own(f"/pacing/plans/{CLASS}/2030-03-18")


@case(READS, "GET", "/statements")
def _(side: Side) -> None:
    assert SAID in side.own("/statements", id=SAID).text


@case(READS, "GET", "/statements/{statement}")
def _(side: Side) -> None:
    side.own(f"/statements/{SAID}")
    side.own(f"/statements/{GONE}")
