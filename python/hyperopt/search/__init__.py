"""The search: options, the state of a run, stopping rules, and the loop that drives it.

May import `algorithms`, `evaluation`, `analysis` and what these may import.
"""
