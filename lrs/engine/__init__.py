"""The embedded ClickHouse server: chDB behind HTTP, in a process of its own."""
