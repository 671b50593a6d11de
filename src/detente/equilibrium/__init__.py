"""Where model and solver meet: a closure and a shock in, a certified result out."""

from detente.equilibrium.counterfactual import solve

__all__ = ["solve"]
