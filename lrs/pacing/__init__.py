"""Decisions, and the boards and learner pages they are shown on."""
