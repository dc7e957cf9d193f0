"""What trials tell: tables, columns, averages.

May import `space`, `storage`, `objective` and what these may import.
"""
