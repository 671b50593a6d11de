"""Set up every test: shapes checked, one thread, no network, the data beside the checkout, seeded examples."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ["DETENTE_CHECK_SHAPES"] = "1"
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background by a shell: the commands under
    signal.signal(signal.SIGINT, signal.default_int_handler)  # test would ignore an interrupt too

from jaxtyping import install_import_hook  # noqa: E402

install_import_hook("detente.model", "beartype.beartype")

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

import detente as dt  # noqa: E402

settings.register_profile(
    "detente",
    derandomize=True,
    deadline=None,
    max_examples=20,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("thorough", parent=settings.get_profile("detente"), derandomize=False, max_examples=300)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "detente"))


def unavailable(reason: str) -> None:
    """Skip for want of data or a program; on a build machine (CI set) fail instead."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of data and expected values beside the checkout."""
    path = Path(__file__).resolve().parents[2] / "shared"
    if not path.is_dir():
        unavailable("the folder `shared` is not beside this checkout")
    return path


@pytest.fixture(scope="session")
def world() -> dt.Baseline:
    """Return the packaged world of 2022."""
    return dt.baseline("world-2022")


LOOPBACK = ("127.", "::1", "localhost")


def _guarded(connect: Any) -> Any:
    def guard(self: socket.socket, address: Any) -> Any:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(host).startswith(LOOPBACK):
            pytest.fail(f"a test tried to connect to {host}: detente never uses the network")
        return connect(self, address)

    return guard


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail any test that connects to anything but this machine."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
