"""`phimill ingest` and `phimill cc select`: the first steps of the road as tools of their own."""
