"""Two runs beside each other: `runs` compares their ledgers and recipes, `show` prints it for `phimill diff`."""
