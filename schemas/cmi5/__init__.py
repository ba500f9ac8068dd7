"""cmi5 (Quartz edition): the words of the profile and the structure of a course."""

from __future__ import annotations
