"""Duplicates alone: `phimill dedup` on JSONL and Parquet files, and what its settings mean.

`inputs` makes a recipe of paths and options, `tool` drives the road's own steps ingest and deduplicate over it,
`results` writes the kept documents, the table of duplicates and the summary. `curve` shows what a setting finds,
`shipped` keeps what was shipped before.
"""
