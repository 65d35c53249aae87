"""Compiled functions that read many records at once."""
