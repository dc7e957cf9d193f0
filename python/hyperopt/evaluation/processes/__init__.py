"""Trials in processes of this machine, forked from a clean template."""
