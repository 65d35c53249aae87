"""What documents have in common without being duplicates, and what is left of them when it is cut."""
