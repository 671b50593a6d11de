"""Iterations for z = z + f(z): Anderson mixing, Newton-GMRES. This room has never heard of a country."""
