"""Checks whether what is stored is what it must be: the log against its checksums, the tables against the log."""
