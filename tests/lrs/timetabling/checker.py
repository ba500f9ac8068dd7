"""Which hard rules a plan breaks: written from the rules alone, and shares no code with what makes plans."""

from __future__ import annotations

from collections import Counter, defaultdict

from lrs.timetabling.day import DayToPlan
from lrs.timetabling.plan import Plan


def minutes(clock: str) -> int:
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def broken(day: DayToPlan, plan: Plan) -> list[str]:
    """Each rule that is broken, with where."""
    found: list[str] = []
    slots = {slot.id: slot for slot in day.slots}
    rooms = {room.id: room for room in day.rooms}
    adults = {adult.id: adult for adult in day.adults}
    needs = {one.id: {need.task for need in one.needs} for one in day.learners}
    inside: dict[tuple[str, str], list[str]] = defaultdict(list)
    groups: dict[tuple[str, int], list[str]] = defaultdict(list)
    of_learner: dict[str, list[str]] = defaultdict(list)
    whereabouts: dict[tuple[str, str], set[tuple[str, int]]] = defaultdict(set)  # adult, slot: room and group
    for (learner, slot), cell in plan.cells.items():
        task = day.tasks.get(cell.task)
        where = f"{learner} at {slot}"
        if task is None or cell.task not in needs[learner]:
            found.append(f"{where}: {cell.task} is not needed")
            continue
        of_learner[learner].append(slot)
        inside[cell.room, slot].append(learner)
        if learner in day.absent:
            found.append(f"{where}: is absent")
        if task.minutes > slots[slot].minutes:
            found.append(f"{where}: {cell.task} takes longer than the slot")
        for lesson in day.lessons:
            if slot in lesson.slots and (not lesson.learners or learner in lesson.learners):
                found.append(f"{where}: is in {lesson.name}")
        if task.mode == "alone":
            if cell.group or cell.adult:
                found.append(f"{where}: works alone in a group")
            continue
        if not cell.group:
            found.append(f"{where}: {task.mode} without a group")
        groups[slot, cell.group].append(learner)
        if task.mode == "teacher":
            if not cell.adult:
                found.append(f"{where}: nobody leads")
            whereabouts[cell.adult, slot].add((cell.room, cell.group))
        elif cell.adult:
            found.append(f"{where}: peers are led")
    for (slot, number), members in groups.items():
        cells = [plan.cells[learner, slot] for learner in members]
        if len(set(cells)) != 1:
            found.append(f"group {number} at {slot}: is not in one place")
        task = day.tasks[cells[0].task]
        sizes = day.limits.teacher_led if task.mode == "teacher" else day.limits.peers
        most = min(sizes.most, task.together or sizes.most)
        if not min(sizes.least, most) <= len(members) <= most:
            found.append(f"group {number} at {slot}: has {len(members)} members")
        found += [f"{a} and {b} at {slot}: work badly together" for a, b in day.apart if a in members and b in members]
    for learner, when in of_learner.items():
        tasks = [day.tasks[plan.cells[learner, slot].task] for slot in when]
        skills = Counter(task.skill for task in tasks)
        if skills and max(skills.values()) > day.limits.slots_per_skill:
            found.append(f"{learner}: {skills.most_common(1)} too often")
        if len({task.id for task in tasks}) < len(tasks):
            found.append(f"{learner}: does the same twice")
        if sum(task.mode == "teacher" for task in tasks) > day.limits.teacher_slots:
            found.append(f"{learner}: is with a teacher too often")
        screen = sum(slots[slot].minutes for slot, task in zip(when, tasks, strict=True) if task.screen)
        if screen > day.limits.screen_minutes:
            found.append(f"{learner}: {screen} minutes of screen")
    for (room, slot), adult in plan.supervisors.items():
        whereabouts[adult, slot].add((room, 0))
    for (id_, slot), places in whereabouts.items():
        known = adults.get(id_)
        start = minutes(slots[slot].start)
        if len(places) > 1:
            found.append(f"{id_} at {slot}: is in two groups or rooms")
        if known is None or id_ in day.absent:
            found.append(f"{id_} at {slot}: is not there")
        elif minutes(known.starts) > start or start + slots[slot].minutes > minutes(known.ends):
            found.append(f"{id_} at {slot}: is outside working hours")
        found += [f"{id_} at {slot}: gives {one.name}" for one in day.lessons if one.adult == id_ and slot in one.slots]
    for (room, slot), members in inside.items():
        if room not in rooms:
            found.append(f"{room} at {slot}: there is no such room")
            continue
        if len(members) > rooms[room].places:
            found.append(f"{room} at {slot}: {len(members)} learners")
        if sum(day.tasks[plan.cells[one, slot].task].screen for one in members) > rooms[room].screens:
            found.append(f"{room} at {slot}: too few screens")
        found += [f"{room} at {slot}: has {one.name}" for one in day.lessons if one.room == room and slot in one.slots]
        watched = any(at == slot and any(place[0] == room for place in p) for (_, at), p in whereabouts.items())
        if rooms[room].supervised and not watched:
            found.append(f"{room} at {slot}: no adult is there")
    return found
