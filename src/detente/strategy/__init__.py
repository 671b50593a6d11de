"""Best moves, wars and talks on a baseline: knows no file and no date."""
