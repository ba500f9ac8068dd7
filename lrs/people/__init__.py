"""Rosters as changes of the catalog; who is who in statements; merging and splitting persons."""
