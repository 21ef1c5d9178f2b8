"""Photographs with an age: a meta-file, the pictures it lists, and their checks."""
