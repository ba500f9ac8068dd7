"""Credentials of tools: secrets, scopes, rates, bearer tokens, and revocations."""
