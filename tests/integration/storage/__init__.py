"""Studies in real databases."""
