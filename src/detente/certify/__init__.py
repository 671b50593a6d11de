"""The certificate: everything recomputed from stored outputs, by code that shares nothing with the solver."""

from detente.certify.grade import Evidence, certificate
from detente.certify.recompute import recompute

__all__ = ["Evidence", "certificate", "recompute"]
