"""Best moves, wars and talks: on a baseline, lists of wedges and payoffs. This room knows no file and no date."""
