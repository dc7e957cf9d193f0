"""One adapter for each library, imported in that library's own environment.

Each module has ``VERSION``, ``PACKAGE`` (what is imported), ``Study`` (a space and a number of
finished trials; ``step(loss)`` asks for one point and tells its loss) and
``optimize(space, count)`` (a whole run with an objective that costs nothing).
"""
