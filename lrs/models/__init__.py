"""Versions of models: fitted to a tenant's own history, compared by the decisions they change, and activated."""
