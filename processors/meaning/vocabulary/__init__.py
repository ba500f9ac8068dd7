"""The tables of verbs and types of activities, with the source of each row."""
