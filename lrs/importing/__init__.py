"""Imports of statements, from files and from other stores."""
