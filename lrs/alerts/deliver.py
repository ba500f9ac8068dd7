"""Tells webhooks of alerts: signed, again where it failed, not in quiet hours, and with what the receiver may see.

What is sent is signed as the Standard Webhooks specification says (webhook-id, webhook-timestamp, webhook-signature).
The id of a message follows from the alerts in it, so that a receiver can recognise a message whose answer was lost.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from aiohttp import ClientError

from lrs.accounts.accounts import Account
from lrs.accounts.roles import PersonRole
from lrs.accounts.visibility import sees_learner
from lrs.accounts.webhooks import NOT_YET, Webhook, Webhooks
from lrs.alerts.feed import AlertFeed, gathered_by_class
from lrs.outgoing.session import OutgoingSession

MOST_SENT = 100  # alerts of a message
TIMEOUT_SECONDS = 10.0
FIRST_WAIT, _LONGEST_WAIT = 60.0, 6 * 3600.0  # seconds

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookDeliveries:
    """Delivers to the webhooks of one store. `clock` gives seconds since the epoch."""

    webhooks: Webhooks
    feed: AlertFeed
    clock: Callable[[], float]

    def deliver(self) -> int:
        """Send what is due; gives how many messages were taken. Raises what the log and the database raise."""
        return sum(self._deliver(webhook) for webhook in self.webhooks.all())

    def _deliver(self, webhook: Webhook) -> int:
        now = self.clock()
        if webhook.sent == NOT_YET:
            last = self.feed.catalogs.latest(webhook.account.tenant).alerts.last
            self.webhooks.delivered(webhook.name, last, False)
            return 0
        if is_quiet(webhook, now) or not digest_due(webhook, now):
            return 0
        account = webhook.account
        unsent = self.feed.read(account.tenant, webhook.sent, MOST_SENT, self._sees(account))
        if webhook.upto > webhook.sent:  # a retry sends the same alerts, so that its id is the same
            unsent["alerts"] = [alert for alert in unsent["alerts"] if alert["number"] <= webhook.upto]
            unsent["last"] = webhook.upto
        if not unsent["alerts"]:
            if unsent["last"] > webhook.sent:
                self.webhooks.delivered(webhook.name, unsent["last"], False)
            return 0
        if not self.webhooks.claim(webhook.name, unsent["last"]):
            return 0
        body = orjson.dumps(message_body(webhook, unsent["alerts"]))
        status = asyncio.run(send_message(webhook, message_id(webhook, unsent["last"]), body, int(now)))
        if status is not None and 200 <= status < 300:
            more = len(unsent["alerts"]) == MOST_SENT
            self.webhooks.delivered(webhook.name, unsent["last"], bool(webhook.digest) and not more)
            return 1
        wait = min(FIRST_WAIT * 2**webhook.failed, _LONGEST_WAIT)
        self.webhooks.not_delivered(webhook.name, min(webhook.failed + 1, 30), wait)
        logger.warning(
            "webhook %s did not take a message (%s): again in %d s", webhook.name, status or "no answer", wait
        )
        return 0

    def _sees(self, account: Account) -> Callable[[str], bool]:
        if not account.role.is_staff and account.role is not PersonRole.OPERATOR:
            return lambda _: False
        catalog = self.feed.catalogs.latest(account.tenant)
        return cache(lambda learner: sees_learner(account, catalog, learner))


def message_body(webhook: Webhook, alerts: list[dict[str, Any]]) -> dict[str, Any]:
    """What is sent. Operators look after the store, not after learners: they receive counts without names."""
    kind = "alerts.digest" if webhook.digest else "alerts.raised"
    if not webhook.account.role.is_staff:
        counts = Counter((alert["class"]["id"], alert["what"]) for alert in alerts)
        rows = [
            {"class": class_, "what": alert_kind, "count": count}
            for (class_, alert_kind), count in sorted(counts.items())
        ]
        return {"type": kind, "data": {"counts": rows}}
    return {"type": kind, "data": {"classes": gathered_by_class(alerts)} if webhook.digest else {"alerts": alerts}}


def message_id(webhook: Webhook, last: int) -> str:
    """The id of a webhook's message: the same for the same alerts, however often they are sent."""
    id_text = f"{webhook.name}\n{webhook.account.tenant}\n{webhook.sent}\n{last}"
    return "msg_" + hashlib.sha256(id_text.encode()).hexdigest()[:32]


def signature(secret: str, id_: str, now: int, body: bytes) -> str:
    """The header webhook-signature."""
    mac = hmac.new(secret.encode(), f"{id_}.{now}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


async def send_message(webhook: Webhook, id_: str, body: bytes, now: int) -> int | None:
    """Send one message; the status of the answer, None without one. Redirects are not followed."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Pacer",
        "webhook-id": id_,
        "webhook-timestamp": str(now),
        "webhook-signature": signature(webhook.secret, id_, now, body),
    }
    own = [webhook.url] if webhook.private else []
    try:
        # Without the proxies of the environment, which could reach what this machine may not.
        async with (
            OutgoingSession(own, TIMEOUT_SECONDS, proxies=False) as session,
            session.request("POST", webhook.url, data=body, headers=headers) as answer,
        ):
            return answer.status
    except (ClientError, TimeoutError, OSError, ValueError):
        return None


def is_quiet(webhook: Webhook, now: float) -> bool:
    """Whether it is within the quiet hours, which may run past midnight."""
    if not webhook.quiet_from or not webhook.quiet_until:
        return False
    at = datetime.fromtimestamp(now, ZoneInfo(webhook.zone or "UTC")).time()
    begin, end = time.fromisoformat(webhook.quiet_from), time.fromisoformat(webhook.quiet_until)
    return begin <= at < end if begin <= end else at >= begin or at < end


def digest_due(webhook: Webhook, now: float) -> bool:
    """Whether today's digest is due, or none is wanted: then every alert is sent as it comes."""
    if not webhook.digest:
        return True
    local = datetime.fromtimestamp(now, ZoneInfo(webhook.zone or "UTC"))
    due = datetime.combine(local.date(), time.fromisoformat(webhook.digest), local.tzinfo)
    return due.timestamp() <= now and webhook.digested < due.timestamp()
