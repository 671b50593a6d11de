"""Best moves and deals: on a baseline, lists of wedges and payoffs. This room knows no file and no date."""
