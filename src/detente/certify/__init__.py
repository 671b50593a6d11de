"""The certificate: everything recomputed from stored outputs, by code that shares nothing with the solver."""

from detente.certify.grade import THRESHOLD, Evidence, certificate
from detente.certify.market import recompute_market
from detente.certify.recompute import recompute

__all__ = ["THRESHOLD", "Evidence", "certificate", "recompute", "recompute_market"]
