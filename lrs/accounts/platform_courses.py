"""Courses of learning platforms, as their launches name them, and where a platform says who is in one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from lrs.accounts.account_tables import courses, metadata, token_addresses
from lrs.database.sql_store import SqlStore


class PlatformCourse(NamedTuple):
    """A course that launches the board of a class. members: where its platform lists them."""

    class_id: str
    name: str
    members: str


class PlatformCourses(SqlStore):
    """The courses in one database. Safe to use from many threads and processes. `clock` gives seconds."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(metadata, url, "accounts'")
        self._clock = clock

    def remember(self, platform: str, course: PlatformCourse) -> None:
        """Remember a course as its last launch named it."""
        if course in self.all(platform):
            return
        where = (courses.c.platform == platform, courses.c.class_id == course.class_id)
        with self._writing() as connection:
            connection.execute(delete(courses).where(*where))
            values = course._asdict() | {"platform": platform, "seen": int(self._clock())}
            connection.execute(insert(courses).values(values))

    def all(self, platform: str) -> list[PlatformCourse]:
        """The courses that a platform's launches named, by class."""
        courses_query = select(courses.c.class_id, courses.c.name, courses.c.members).where(
            courses.c.platform == platform
        )
        with self._reading() as connection:
            return [PlatformCourse(*row) for row in connection.execute(courses_query.order_by(courses.c.class_id))]

    def token_address(self, platform: str) -> str:
        """Where a platform gives access to its services; "" where nobody said it."""
        address_query = select(token_addresses.c.address).where(token_addresses.c.platform == platform)
        with self._reading() as connection:
            return connection.execute(address_query).scalar() or ""

    def set_token_address(self, platform: str, address: str) -> None:
        """Keep a platform's token address; "" forgets it, and the platform's courses."""
        with self._writing() as connection:
            connection.execute(delete(token_addresses).where(token_addresses.c.platform == platform))
            if address:
                connection.execute(insert(token_addresses).values(platform=platform, address=address))
            else:
                connection.execute(delete(courses).where(courses.c.platform == platform))
