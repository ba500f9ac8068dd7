"""Recording statements in the log, and reading them back: voids, names and definitions too."""
