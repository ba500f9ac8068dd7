"""Documents that tools keep with the store: states of activities, profiles of agents and of activities."""
