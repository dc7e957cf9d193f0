"""The estimator's parts as functions: Parzen mixtures, their densities, cells and samplers.

`hyperopt.tpe` offers them, and `scope` knows those that spaces may call.
"""
