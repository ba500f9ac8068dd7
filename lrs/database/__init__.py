"""SQL databases (SQLite, PostgreSQL) for what is in no log."""
