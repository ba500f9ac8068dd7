"""Stream processors: from the log to the tables."""
