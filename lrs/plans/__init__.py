"""What people plan, as events: days, groups, opening checks, and initiatives with their outcomes.

A plan of a day has what everybody needs, its changes, and what is shown and exported; `lrs.timetabling` makes it.
"""
