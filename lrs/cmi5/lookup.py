"""Find what a request of the LMS names: an AU in the catalog, a registration among the sessions."""

from __future__ import annotations

from lrs.catalog.catalogs import Catalogs
from lrs.cmi5.sessions import Registration, Sessions
from lrs.errors import Missing
from schemas.cmi5.course import Au, Course, find_au


def course_of(catalogs: Catalogs, tenant: str, course: str) -> Course:
    """A course of a tenant. Raises Missing."""
    found_course = catalogs.latest(tenant).courses.get(course)
    if found_course is None:
        raise Missing("course: not found", "course")
    return found_course


def au_of(catalogs: Catalogs, tenant: str, course: str, au: str) -> tuple[Course, Au]:
    """A course and an AU in it. Raises Missing."""
    whole = course_of(catalogs, tenant, course)
    found_au = find_au(whole, au)
    if found_au is None:
        raise Missing("au: not found in this course", "au")
    return whole, found_au


def registration_of(sessions: Sessions, tenant: str, registration: str) -> Registration:
    """A registration that was launched here. Raises Missing."""
    launched = sessions.registration(tenant, registration)
    if launched is None:
        raise Missing("registration: not found", "registration")
    return launched
