"""Learning platforms that launch this store by LTI 1.3, as they are registered."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from sqlalchemy import RowMapping, delete, insert, select
from sqlalchemy.exc import IntegrityError

from lrs.accounts.account_tables import metadata, platforms
from lrs.accounts.issuers import (
    BadIssuer,
    BrokenIssuer,
    check_address,
    check_issuer,
    check_name,
    check_texts,
    sorted_out,
)
from lrs.database.sql_store import SqlStore

_LONGEST_LOGIN = 250  # characters of issuer and client, which together tell logins apart


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform as it is registered: an issuer alone does not say whose it is, as hosted ones share theirs."""

    name: str
    label: str
    tenant: str
    issuer: str
    client: str
    authorization: str
    jwks: str
    store: str
    deployments: tuple[str, ...]

    def __post_init__(self) -> None:
        check_name(self.name)
        if not self.client or not self.deployments:
            raise BadIssuer("a platform needs the client id and the deployment ids that it gave to this store")
        if len(self.logins) > _LONGEST_LOGIN:
            raise BadIssuer(f"issuer and client id have more than {_LONGEST_LOGIN} characters together")
        check_texts(label=self.label, client=self.client, tenant=self.tenant)
        for deployment in self.deployments:
            check_texts(deployment=deployment)
        check_issuer(self.issuer)
        for address_field in ("authorization", "jwks", "store"):
            check_address(address_field, getattr(self, address_field))

    @property
    def logins(self) -> str:
        """What tells its logins apart from those of others: Canvas has one issuer for all customers."""
        return f"{self.issuer}#{self.client}"

    @property
    def launch(self) -> str:
        """Where it posts its messages: its redirect URI for this store."""
        return f"{self.store.rstrip('/')}/lti/launch"


class Platforms(SqlStore):
    """The platforms in one database. Safe to use from many threads and processes. `clock` gives seconds."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(metadata, url, "accounts'")
        self._clock = clock

    def add(self, platform: Platform) -> None:
        """Register a platform. Raises BadIssuer where the name, or the client of the issuer, is registered."""
        if self.find(platform.issuer, platform.client) is not None:
            raise BadIssuer(f"{platform.issuer} with this client id is registered already")
        values = asdict(platform) | {"deployments": "\n".join(platform.deployments)}
        try:
            with self._writing() as connection:
                connection.execute(insert(platforms).values(values))
        except IntegrityError:
            raise BadIssuer(f"there is a platform {platform.name} already") from None

    def remove(self, name: str) -> bool:
        """False where there is none. It launches no more; sessions go on."""
        with self._writing() as connection:
            return connection.execute(delete(platforms).where(platforms.c.name == name)).rowcount == 1

    def all(self) -> list[Platform]:
        """Every platform that can launch, by name."""
        return self._sorted_out()[0]

    def broken(self) -> list[BrokenIssuer]:
        """Those that cannot, by name: an operator removes them, and adds them again."""
        return self._sorted_out()[1]

    def _sorted_out(self) -> tuple[list[Platform], list[BrokenIssuer]]:
        with self._reading() as connection:
            rows = connection.execute(select(platforms).order_by(platforms.c.name)).mappings().all()
        return sorted_out(rows, _platform)

    def find(self, issuer: str, client: str) -> Platform | None:
        """By issuer and client id; by the issuer alone where a login names no client and one platform has it."""
        matching = [
            platform for platform in self.all() if platform.issuer == issuer and client in ("", platform.client)
        ]
        return matching[0] if len(matching) == 1 else None

    def get(self, name: str) -> Platform | None:
        """By name."""
        return next((platform for platform in self.all() if platform.name == name), None)


def _platform(row: RowMapping) -> Platform:
    return Platform(**{**row, "deployments": tuple(row["deployments"].split("\n"))})
