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
    Column("account", String(36), nullable=False, index=True),  # or a credential's key, after "key:"
    Column("until", BigInteger, nullable=False),
)
