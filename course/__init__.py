"""The course: checks, figures, explorers and recorded runs, used by the notebooks."""
