"""What only the notebooks use: checks, figures and explorers."""
