"""JSON over HTTP: xAPI, Caliper, cmi5, the catalog, pacing and operations."""
