"""Measure what this machine can do, and what one pass of detente's solver must cost at least.

One pass reads the bilateral tensor A once, B = A / (1 + t') twice and the input shares g twice, does two flops for each
number read, and 4 N J exponentials or logarithms. It cannot be faster than the slower of reading and multiplying, plus
the exponentials. Reading is measured with a matrix-vector product over as many bytes as the pass reads, because a small
world lives in the cache and a big one does not.

    python bench/roofline.py [N J]
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import cache

if __name__ == "__main__":
    for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
        os.environ.setdefault(_name, "1")

import numpy as np

WORD = 8


def best_seconds(action: Callable[[], object], *, at_least: float = 0.05, rounds: int = 3) -> float:
    """Return the best seconds a call takes, each round repeating it for at least that long."""
    action()
    best = np.inf
    for _ in range(rounds):
        calls, start = 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < at_least:
            action()
            calls += 1
        best = min(best, spent / calls)
    return float(best)


@cache
def read_bandwidth(working_set: int) -> float:
    """Return bytes per second streamed by the better of a matrix-vector and a dot product over that many bytes."""
    words = max(1024, working_set // WORD)
    columns = min(2048, max(32, int(words**0.5)))
    matrix = np.ones((words // columns, columns))
    vector = np.ones(columns)
    out = np.empty(len(matrix))
    one, other = matrix.ravel()[: matrix.size // 2], matrix.ravel()[matrix.size // 2 :][: matrix.size // 2]
    seconds = min(
        best_seconds(lambda: np.dot(matrix, vector, out=out)),
        best_seconds(lambda: np.dot(one, other)),
    )
    return float(matrix.nbytes / seconds)


@cache
def dgemv_rate() -> float:
    """Return flops per second of a matrix-vector product in cache (256 KiB)."""
    matrix, vector, out = np.ones((128, 256)), np.ones(256), np.empty(128)
    return float(2 * matrix.size / best_seconds(lambda: np.dot(matrix, vector, out=out)))


@cache
def function_rate(name: str) -> float:
    """Return evaluations per second of ``exp``, ``log`` or ``power`` on arrays that fit the cache."""
    x = np.linspace(0.5, 1.5, 16_384)
    out = np.empty_like(x)
    actions: dict[str, Callable[[], object]] = {
        "exp": lambda: np.exp(x, out=out),
        "log": lambda: np.log(x, out=out),
        "power": lambda: np.power(x, -4.7, out=out),
    }
    return float(x.size / best_seconds(actions[name]))


def pass_bytes(n: int, j: int) -> int:
    """Return the bytes one pass must read: A once, B twice, g twice."""
    return WORD * (3 * n * n * j + 2 * n * j * j)


def pass_bound(n: int, j: int) -> tuple[float, dict[str, float]]:
    """Return the least seconds of one pass at N countries and J sectors on this machine, and what it is made of.

    The working set of the bandwidth is A, B and g once each.
    """
    size = pass_bytes(n, j)
    flops = 2 * size / WORD
    resident = WORD * (2 * n * n * j + n * j * j)
    bandwidth = read_bandwidth(resident)
    functions = 4 * n * j
    rate = 2 / (1 / function_rate("exp") + 1 / function_rate("log"))
    parts = {
        "bytes": float(size),
        "resident_bytes": float(resident),
        "flops": float(flops),
        "functions": float(functions),
        "bandwidth_bytes_per_second": bandwidth,
        "flops_per_second": dgemv_rate(),
        "functions_per_second": rate,
        "read_seconds": size / bandwidth,
        "flop_seconds": flops / dgemv_rate(),
        "function_seconds": functions / rate,
    }
    return max(parts["read_seconds"], parts["flop_seconds"]) + parts["function_seconds"], parts


def machine() -> dict[str, float]:
    """Return the machine's rates: bandwidth from memory and from cache, dgemv, exp, log, power."""
    return {
        "memory_bandwidth_gb_s": read_bandwidth(256 * 2**20) / 1e9,
        "cache_bandwidth_gb_s": read_bandwidth(2**20) / 1e9,
        "dgemv_gflop_s": dgemv_rate() / 1e9,
        "exp_per_ns": function_rate("exp") / 1e9,
        "log_per_ns": function_rate("log") / 1e9,
        "power_per_ns": function_rate("power") / 1e9,
    }


def main(arguments: list[str]) -> None:
    """Print the machine's rates and the bound of a pass at one or at the bench sizes."""
    for name, value in machine().items():
        sys.stdout.write(f"{name:24s} {value:10.3f}\n")
    default = [(7, 33), (31, 40), (44, 56), (77, 45), (141, 65)]
    sizes = [(int(arguments[0]), int(arguments[1]))] if len(arguments) == 2 else default
    for n, j in sizes:
        seconds, parts = pass_bound(n, j)
        sys.stdout.write(
            f"pass {n:4d} x {j:<3d} {1e6 * seconds:10.1f} us   read {1e6 * parts['read_seconds']:.1f}  "
            f"flops {1e6 * parts['flop_seconds']:.1f}  exp/log {1e6 * parts['function_seconds']:.1f}\n"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
