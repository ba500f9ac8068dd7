"""What a day at school allows: its slots, rooms and adults, and the rules of a plan.

A time of day is "HH:MM". Learners are canonical actors, as in a class's roster.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
MOST_SLOTS, MOST_ROOMS, MOST_ADULTS, MOST_LESSONS, MOST_APART = 24, 500, 1000, 2000, 5000
MOST_PLACES = 2_000  # of a room

Id = Annotated[str, Field(min_length=1, max_length=256)]
Learner = Annotated[str, Field(min_length=1, max_length=2048)]
Clock = Annotated[str, Field(pattern=CLOCK)]
Mode = Literal["teacher", "pair", "alone"]  # teacher-led, with peers, alone: as a material says


class Part(BaseModel):
    """A part of an event: frozen, and nothing unknown in it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Slot(Part):
    """A part of the day in which everybody does one thing."""

    id: Id
    start: Clock
    minutes: int = Field(ge=1, le=480)


class Room(Part):
    """A room. `supervised`: whether an adult has to be there while learners are."""

    id: Id
    name: str = Field(default="", max_length=256)
    places: int = Field(ge=0, le=MOST_PLACES)
    screens: int = Field(default=0, ge=0, le=MOST_PLACES)
    supervised: bool = True


class Adult(Part):
    """Somebody who leads groups and supervises rooms, in the slots that lie within these hours."""

    id: Id
    name: str = Field(default="", max_length=256)
    starts: Clock = "00:00"
    ends: Clock = "23:59"


class Lesson(Part):
    """A lesson that is given anyway: who is in it is not planned meanwhile, nor are its adult and its room.

    Without learners it is everybody's. `days` are ISO weekdays (1 is Monday); none means every day.
    """

    name: str = Field(min_length=1, max_length=256)
    slots: list[Id] = Field(min_length=1, max_length=MOST_SLOTS)
    learners: list[Learner] = []
    adult: str = Field(default="", max_length=256)
    room: str = Field(default="", max_length=256)
    days: list[Annotated[int, Field(ge=1, le=7)]] = []


class Sizes(Part):
    """How many learners a group has."""

    least: int = Field(default=2, ge=1, le=100)
    most: int = Field(default=6, ge=1, le=100)

    @model_validator(mode="after")
    def _ordered(self) -> Sizes:
        if self.least > self.most:
            raise ValueError(f"least ({self.least}) is more than most ({self.most})")
        return self


class Limits(Part):
    """What a plan keeps to: sizes of groups, and how much of something a learner has in a day."""

    teacher_led: Sizes = Sizes()
    peers: Sizes = Sizes(least=2, most=4)
    screen_minutes: int = Field(default=60, ge=0, le=1440)
    slots_per_skill: int = Field(default=2, ge=1, le=MOST_SLOTS)
    teacher_slots: int = Field(default=2, ge=0, le=MOST_SLOTS)


class Timetable(Part):
    """What plans of a class, or of several, can use. `id` is the class's; `classes` are those planned, if not that one.

    apart: pairs who do not work in one lesson or group.
    """

    kind: Literal["timetable"] = "timetable"
    id: Id
    classes: list[Id] = Field(default=[], max_length=500)
    slots: list[Slot] = Field(default=[], max_length=MOST_SLOTS)
    rooms: list[Room] = Field(default=[], max_length=MOST_ROOMS)
    adults: list[Adult] = Field(default=[], max_length=MOST_ADULTS)
    lessons: list[Lesson] = Field(default=[], max_length=MOST_LESSONS)
    apart: list[tuple[Learner, Learner]] = Field(default=[], max_length=MOST_APART, strict=False)
    limits: Limits = Limits()
    removed: bool = False

    @model_validator(mode="after")
    def _once(self) -> Timetable:
        for kind, ids in (
            ("slots", [slot.id for slot in self.slots]),
            ("rooms", [room.id for room in self.rooms]),
            ("adults", [adult.id for adult in self.adults]),
        ):
            if len(set(ids)) < len(ids):
                raise ValueError(f"{kind}: an id comes twice")
        for field, defined, named in (
            ("slots", {slot.id for slot in self.slots}, {slot for lesson in self.lessons for slot in lesson.slots}),
            ("rooms", {room.id for room in self.rooms}, {lesson.room for lesson in self.lessons if lesson.room}),
            ("adults", {adult.id for adult in self.adults}, {lesson.adult for lesson in self.lessons if lesson.adult}),
        ):
            if unknown := sorted(named - defined):
                raise ValueError(f"lessons: {unknown[0]} is none of the {field}")
        return self


def minute(clock: str) -> int:
    """A time of day as minutes since midnight."""
    return int(clock[:2]) * 60 + int(clock[3:])
