"""The commands of `phimill` by what they are for; those of `synth`, `dedup`, `ingest` and `cc` are with their work."""
