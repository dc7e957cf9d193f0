"""What surrounds a run: log, lines that warnings name, cores, terminal, how names are offered.

Imports nothing of this package.
"""
