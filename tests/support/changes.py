"""What the catalog says of changes that a test sends."""

from __future__ import annotations

from collections.abc import Sequence

from lrs.catalog.change_validation import check_changes
from schemas.catalog import Catalog, Change
from schemas.invalid import Invalid


def refusal(changes: Sequence[Change], catalog: Catalog) -> str:
    """Why changes are refused; "" if they are not."""
    try:
        check_changes(changes, catalog)
    except Invalid as error:
        return str(error)
    return ""
