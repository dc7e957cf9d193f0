"""What only front doors use: upstream's functions that nothing else here needs.

May import everything but front doors.
"""
