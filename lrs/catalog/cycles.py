"""Skills that lead back to themselves, by what they require or are a part of: each link is looked at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

MOST_CYCLES = 50  # of a file: with more, it does not say what its author means

Link = tuple[str, str]  # from a skill to one that it requires, or is a part of
Links = Callable[[str], Iterable[str]]


class TooManyCycles(ValueError):
    """So many links lead back to where they start that leaving them out would guess."""


class ClosingLink(NamedTuple):
    """The link that closed a cycle, and the cycle: the link's skill first and last."""

    link: Link
    cycle: list[str]


def find_cycle(starts: Iterable[str], links: Links) -> list[str] | None:
    """A way from a skill back to itself, the skill first and last, among all that some lead to; else None."""
    done: set[str] = set()
    for start in starts:
        if start in done:
            continue
        way, on_way, unread_links = [start], {start}, [iter(links(start))]
        while way:
            following = next(unread_links[-1], None)
            if following is None:
                unread_links.pop()
                on_way.remove(way[-1])
                done.add(way.pop())
            elif following in on_way:
                return [*way[way.index(following) :], following]
            elif following not in done:
                way.append(following)
                on_way.add(following)
                unread_links.append(iter(links(following)))
    return None


def turned(cycle: list[str], first: str) -> list[str]:
    """A cycle as seen from one of its skills."""
    at = cycle.index(first)
    return [*cycle[at:-1], *cycle[:at], first]


def break_cycles(links: dict[str, list[str]], added: Mapping[Link, int], known: Links) -> Iterator[ClosingLink]:
    """Take links out until none leads back to where it starts: of each cycle the one that was added last.

    links: of whom a file names, which is changed; added: when each of its links was; known: of all others.
    Raises TooManyCycles.
    """

    def of(skill: str) -> Iterable[str]:
        return links[skill] if skill in links else known(skill)

    for _ in range(MOST_CYCLES):
        cycle = find_cycle(list(links), of)
        if cycle is None:
            return
        added_links = [link for link in pairwise(cycle) if link in added]
        if not added_links:
            break  # nothing of the file closes it
        newest_link = max(added_links, key=lambda link: added[link])
        links[newest_link[0]].remove(newest_link[1])
        yield ClosingLink(newest_link, turned(cycle, newest_link[0]))
    if find_cycle(list(links), of) is not None:
        raise TooManyCycles
