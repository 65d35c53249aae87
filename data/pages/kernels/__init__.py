"""Compiled functions over a page's bytes; see `data/compiled.py` for how, `data/pages/scanning.py` for what."""
