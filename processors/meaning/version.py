"""The version of the interpretation: add 1 whenever `interpret` gives another result for any statement."""

INTERPRETATION = 6
