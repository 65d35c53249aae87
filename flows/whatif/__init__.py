"""What would be with other bounds, from a published dataset's stored signals alone.

`question` turns settings into two plans, `evidence` reads the ledger's columns, `answer` and `sweep`
compare the verdicts, `samples` picks documents near a bound, `show` prints.
"""
