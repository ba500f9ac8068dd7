"""Reinterpret: what was recorded is read again, with another catalog or by a newer interpretation.

`touched` says which observations a change may concern, `observation_differences` which of them become others,
`tables_beside` folds the learners concerned in tables beside the live ones and moves the rows over, and `follower`
does it for every change of the catalog that asks for it.
"""
