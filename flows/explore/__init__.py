"""The explorer: a published run as local web pages, to filter, read, compare, label and try other thresholds.

`serve` starts it, `guard` keeps others out, `app` names the pages, `ledger` finds documents (DuckDB), `asking`
answers what-ifs, `documents`, `clusters` and `comparing` say what a page shows, `labels` keeps what people say.
"""
