"""Accounts, invitations and sessions in a transactional database: SQLite embedded, PostgreSQL distributed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, MetaData, String, Table, Text

metadata = MetaData()
accounts = Table(
    "accounts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("tenant", String(255), nullable=False),
    Column("login", String(255), nullable=False, unique=True),  # in lower case
    Column("name", Text, nullable=False),
    Column("role", String(20), nullable=False),
    Column("person", Text, nullable=False),  # a roster's id, or a learner's key; a guardian's: of the learner
    Column("password", Text),  # null: not accepted yet
    Column("disabled", Boolean, nullable=False),
    Column("created", BigInteger, nullable=False),
)
invitations = Table(
    "account_invitations",
    metadata,
    Column("token", String(64), primary_key=True),  # its SHA-256
    Column("account", String(36), nullable=False, index=True),
    Column("until", BigInteger, nullable=False),
)
sessions = Table(
    "account_sessions",
    metadata,
    Column("token", String(64), primary_key=True),  # its SHA-256
    Column("account", Text, nullable=False, index=True),  # its id, or a credential's key, after "key:"
    Column("until", BigInteger, nullable=False),
)
issuers = Table(
    "account_issuers",
    metadata,
    Column("name", String(40), primary_key=True),  # in addresses and commands
    Column("label", Text, nullable=False),  # what the page to sign in calls it
    Column("tenant", String(255), nullable=False),
    Column("url", Text, nullable=False),  # as in the claim iss
    Column("client", Text, nullable=False),
    Column("secret", Text, nullable=False),  # it is shown to the issuer, so it cannot be a hash
    Column("store", Text, nullable=False),  # where browsers see this store
    Column("roster_claim", Text, nullable=False),  # the claim that holds a roster's id, or empty
    Column("addresses", Boolean, nullable=False),  # its verified addresses name persons
    Column("domain", Text, nullable=False),  # the claim hd has to be this, or empty
)
logins = Table(
    "account_logins",
    metadata,
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("account", String(36), nullable=False, index=True),
    Column("how", String(20), nullable=False),  # roster, address or operator
    Column("bound", BigInteger, nullable=False),
)
attempts = Table(  # no backup holds them: they last for minutes
    "sign_in_attempts",
    metadata,
    Column("state", String(64), primary_key=True),  # its SHA-256
    Column("issuer", Text, nullable=False),
    Column("browser", String(64), nullable=False),  # the SHA-256 of its cookie
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("destination", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)
class_codes = Table(
    "account_class_codes",
    metadata,
    Column("code", String(16), primary_key=True),
    Column("tenant", String(255), nullable=False),
    Column("class_id", Text, nullable=False),
)
pins = Table(
    "account_pins",
    metadata,
    Column("account", String(36), primary_key=True),
    Column("secret", Text, nullable=False),  # its hash: of digits, or of the names of pictures
    Column("kind", String(20), nullable=False),  # pin or pictures
    Column("wrong", BigInteger, nullable=False),  # tries since the last right one
)
platforms = Table(
    "account_platforms",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("label", Text, nullable=False),
    Column("tenant", String(255), nullable=False),
    Column("issuer", Text, nullable=False),  # as in the claim iss; several customers of a platform may share it
    Column("client", Text, nullable=False),
    Column("authorization", Text, nullable=False),  # the address that a login is sent to
    Column("jwks", Text, nullable=False),
    Column("store", Text, nullable=False),  # where browsers see this store
    Column("deployments", Text, nullable=False),  # ids, a line each
)
token_addresses = Table(
    "account_token_addresses",
    metadata,
    Column("platform", String(40), primary_key=True),
    Column("address", Text, nullable=False),  # where the platform gives access to its services
)
courses = Table(
    "account_courses",
    metadata,
    Column("platform", String(40), primary_key=True),
    Column("class_id", String(256), primary_key=True),
    Column("name", Text, nullable=False),
    Column("members", Text, nullable=False),  # where the platform lists them
    Column("seen", BigInteger, nullable=False),
)
tool_keys = Table(
    "account_tool_keys",
    metadata,
    Column("kid", String(32), primary_key=True),
    Column("private", Text, nullable=False),  # PEM; it signs messages to platforms
    Column("made", BigInteger, nullable=False),
)
preferences = Table(
    "account_preferences",
    metadata,
    Column("account", String(36), primary_key=True),  # or a hash of a credential's key, after "key:"
    Column("language", String(10), nullable=False),
    Column("zone", Text, nullable=False),
)
webhooks = Table(
    "account_webhooks",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("account", String(36), nullable=False, index=True),  # what this person may see is sent
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),  # it signs what is sent, so it cannot be a hash
    Column("private", Boolean, nullable=False),  # it may be an address of a private network
    Column("zone", Text, nullable=False),
    Column("quiet_from", String(5), nullable=False),  # HH:MM in the zone, or empty
    Column("quiet_until", String(5), nullable=False),
    Column("digest", String(5), nullable=False),
    Column("sent", BigInteger, nullable=False),  # number of the last alert delivered
    Column("upto", BigInteger, nullable=False),  # number of the last alert of the message under way
    Column("failed", BigInteger, nullable=False),
    Column("next", BigInteger, nullable=False),  # when it is due again
    Column("digested", BigInteger, nullable=False),
)
tickets = Table(  # no backup holds them: they last for a minute
    "sign_in_tickets",
    metadata,
    Column("token", String(64), primary_key=True),  # its SHA-256
    Column("account", String(36), nullable=False),
    Column("destination", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)
