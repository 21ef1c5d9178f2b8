"""Tables with a numeric target: from a CSV file to rows that a network reads."""

from dirlib.datasets.tables.table import Table, read_table

__all__ = ["Table", "read_table"]
