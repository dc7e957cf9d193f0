"""Trials as jobs of a Spark cluster."""
