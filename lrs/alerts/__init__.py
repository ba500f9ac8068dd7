"""Alerts: events that say a learner now needs a person's attention; the feed, digests and webhooks that send them."""
