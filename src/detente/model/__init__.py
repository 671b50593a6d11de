"""The equations: pure functions on arrays, Greek inside.

Axes inside this room: `o` origin, `d` dest, `n` country, `s` sector, `k` input sector, and a trailing scenario axis
`b`, which is 1 for a single solve. The bilateral tensors are stored sector-major, `[s, d, o]`, because one pass reads
them as J matrices of N x N; everything else is `[country, sector, b]`.
"""
