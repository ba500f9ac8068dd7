"""The solver: who does what where in each slot of a day, and who works in which group. Pure; knows no store."""
