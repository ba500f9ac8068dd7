"""Requests that this store sends to others: which addresses they may go to, and the one way in which they do."""
