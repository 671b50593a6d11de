"""Charts as plain Vega-Lite specifications: pure functions from rows to a dict with inline values."""
