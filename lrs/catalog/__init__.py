"""The catalogs of all tenants, followed from the log, and the checks that a change must pass."""
