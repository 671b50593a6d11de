"""Dated policy measures and the algebra that turns those in force on a day into changes on (origin, dest, sector)."""
