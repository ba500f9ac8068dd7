"""What statements mean: `interpret` for one statement, `resolve` for one person's observations. Pure."""
