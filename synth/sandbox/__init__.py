"""Runs programs that nobody has read, walled off from the machine.

`tiers.py` chooses the walls by trying to get through them, `launch.py` runs a program behind
them, `child.py` is what runs there. Programs can read the standard library and write nowhere,
start no process, reach no network and signal nobody; what they report are claims, which the
caller judges.
"""
