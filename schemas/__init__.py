"""What is written and answered: statements, events, observations, changes of the catalog, answers of the API."""
