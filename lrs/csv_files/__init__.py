"""CSV files as people send them, and what is wrong with them."""
