"""Alerts: who newly needs a person, as events; the feed, digests and webhooks that tell of it."""
