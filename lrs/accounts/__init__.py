"""People who sign in: accounts, roles, sessions, and who vouches for them: providers, platforms, class cards."""
