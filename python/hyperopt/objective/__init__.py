"""The objective: with its space it is a domain; what it returns is a result; a Ctrl serves it.

May import `space`, `storage`, `pruning` and what these may import.
"""
