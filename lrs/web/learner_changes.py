"""What a teacher says of one learner: checked against whom the account sees, then put into the catalog."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from lrs.accounts.visibility import sees_learner
from lrs.http.signed_in import account_of
from lrs.pacing.board import NotInCatalog
from lrs.pacing.boards import Boards
from schemas.catalog import Change
from schemas.overruling import Overrule, PutOff


async def say(
    request: Request, boards: Boards, tenant: str, said: Overrule | PutOff, change: Callable[[str, Change], int]
) -> None:
    """Put a teacher's word on a learner into the catalog.

    Raises NotInCatalog where the account does not see the learner, and as `change` does.
    """
    account = account_of(request)

    def put() -> None:
        if account is not None and not sees_learner(account, boards.catalog(tenant), said.learner):
            raise NotInCatalog
        change(tenant, said)

    await run_in_threadpool(put)  # the catalog follows the log
