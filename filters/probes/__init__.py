"""Measurements with settings of their own, and modifiers: one module for each kind; `protocol` says what they share."""
