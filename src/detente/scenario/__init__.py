"""Scenario files: strict text, schema, calendar of regimes, branches, and the plan of what is to be solved."""
