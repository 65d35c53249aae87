"""Variety as a controlled quantity: which cells there are, what is asked for next, and how varied the answers are."""
