"""What is measured on a document: numbers by name, in groups that are measured together."""
