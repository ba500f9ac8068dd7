"""What tests of pages share: a module's classroom, served; and of LTI, a store with a class and a platform that
launches into it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from lrs.accounts.platforms import Platform
from lrs.cli.schemas import NOWHERE
from schemas.catalog import Class, Member
from schemas.roster import AccountNaming, Person
from tests.support.api import Client
from tests.support.classroom import Classroom, application
from tests.support.issuer import TestIssuer, issuing
from tests.support.lti import KEY, STORE, TENANT
from tests.support.served import served


@pytest.fixture(scope="module")
def base(room: Classroom) -> Iterator[str]:
    """Where the pages of the module's `room` are served."""
    with served(application(room.deps())) as found:
        yield found


@pytest.fixture(scope="module")
def lms() -> Iterator[TestIssuer]:
    with issuing() as found:
        found.rotate(KEY)
        yield found


@pytest.fixture(scope="module")
def lti_client(lms: TestIssuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("lti"), NOWHERE)
    found.parts.catalogs.append_all(
        TENANT,
        "test",
        [
            Person(id="t1", name="Ms K", names={"username": "kay"}),
            Person(id="p-ada", name="Ada"),
            AccountNaming(id=lms.url, names={"p-ada": "77"}),
            Class(id="7b", teachers=["t1"], learners=[Member(learner=f"account:{lms.url}|77", person="p-ada")]),
            Class(id="8c", teachers=[]),
        ],
        1,
    )
    yield found
    found.close()


@pytest.fixture
def platform(lti_client: Client, lms: TestIssuer) -> Platform:
    name = f"p{uuid.uuid4().hex[:12]}"
    made = Platform(
        *(name, "The LMS", TENANT, lms.url, f"client-{name}", f"{lms.url}/auth", f"{lms.url}/jwks", STORE),
        deployments=("1", "two words"),
    )
    lti_client.parts.platforms.add(made)
    return made
