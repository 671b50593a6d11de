"""Builder of the embedded baseline `world-2022`: from raw public tables to the archive that ships, every step logged.

Run `python -m detente.baseline.build --data DATA --out OUT`. The steps are pure functions on arrays, one file each:
`joining` (flows and national tables), `costs` (cost shares), `tariffs` (end of 2024), `elasticity` (eight literature
sets), `expected` (totals that a build has to meet), `archive` (deterministic files). `products`, `measures_2025` and
`applied_2025` make the table of United States tariffs in force on 2025-10-20.
Needs the optional dependencies `detente[build]` (h5py, pyreadr); nothing here is imported by `import detente`.
"""
