"""The local page and its HTTP API: parse, call, serve. No number is computed here.

The server process holds requests, guards and the queue; everything that loads the model runs in worker processes, so
that the page answers while an equilibrium is being solved, and a job that is no longer wanted can be ended at once.
"""
