"""What a file offers to work on."""

from __future__ import annotations

from typing import NamedTuple

from schemas.material import Material


class OfferedMaterial(NamedTuple):
    """A material, and the ids of the skills that the file says it teaches: none where it says nothing of that."""

    material: Material
    skills: tuple[str, ...]
