"""From a recipe's filters to verdicts: presets and rules become a plan, documents are measured, then judged."""
