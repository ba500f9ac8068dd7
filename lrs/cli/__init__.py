"""The command `lrs`, one module for each command."""
