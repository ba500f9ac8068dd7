"""A learning record store: the log, the tables, what teachers need of them, and the doors for tools and people."""
