"""What is learned from examples: a text's language, and its likeness to reference documents."""
