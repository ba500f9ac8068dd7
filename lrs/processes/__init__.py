"""Starting, watching and stopping processes, and the options of a runtime."""
