"""Stages: what is done with a batch of records."""
