"""The world economy a run starts from: frozen arrays, checks, files, the embedded world-2022."""

from detente.baseline.baseline import Baseline, register_rebuild

__all__ = ["Baseline", "register_rebuild"]
