"""Many runs: draws with bands, grids, a store that survives being killed, executors on one machine or a cluster."""
