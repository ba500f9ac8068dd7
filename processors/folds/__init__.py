"""Folds: the interface, its laws, the registry, and one module for each."""
