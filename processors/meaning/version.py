"""Which meaning statements are given: raised with every change of what `interpret` makes of some statement."""

INTERPRETATION = 6
