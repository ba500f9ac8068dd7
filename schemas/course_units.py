"""The units and blocks of cmi5 courses, by the publisher's id and by the store's own."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.cmi5.course import Au, Course, activity_id, parts


class CourseUnits:
    """`course`: whose each is; `objectives`: what a unit teaches."""

    def __init__(self, courses: Iterable[Course]) -> None:
        self.course: dict[str, str] = {}
        self.objectives: dict[str, tuple[str, ...]] = {}
        for course in courses:
            for part in parts(course):
                for id_ in (part.id, activity_id(course.id, part.id)):
                    self.course[id_] = course.id
                    if isinstance(part, Au) and part.objectives:
                        self.objectives[id_] = tuple(dict.fromkeys(part.objectives))
