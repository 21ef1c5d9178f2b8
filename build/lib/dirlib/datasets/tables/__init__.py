"""Tables with a numeric target: from a CSV file to rows that a network reads."""
