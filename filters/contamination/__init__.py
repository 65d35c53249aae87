"""Documents that hold a benchmark's items: in its words, or by what their code does."""
