"""Pictures of trials and of spaces.

May import `analysis`, `evaluation` and what these may import.
"""
