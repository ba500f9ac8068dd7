"""Copies of everything that cannot be derived: the log, the transactional databases, attachments."""
