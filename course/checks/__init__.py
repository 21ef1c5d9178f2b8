"""The checks of the exercises: the engine, and a module for each exercise."""
