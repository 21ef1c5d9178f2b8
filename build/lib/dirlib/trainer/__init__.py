"""Training runs in folders, their comparison, and the report: the command line.

The training itself is in `dirlib.training.fit`.
"""
