"""The steps of the road: each adds its files to the parts of a run."""
