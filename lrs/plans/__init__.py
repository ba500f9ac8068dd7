"""Plans of days as events: what everybody needs, changes, what is shown and exported. `lrs.timetabling` makes them."""
