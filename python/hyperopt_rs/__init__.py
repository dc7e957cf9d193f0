"""Beside the module `hyperopt`: what must work when its files have been replaced.

The original distribution has no module of this name, so nothing can overwrite it. It imports
nothing of `hyperopt`.
"""
