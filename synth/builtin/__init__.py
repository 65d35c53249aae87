"""The built-in teacher: a program that composes exercises from a grammar, not a language model.

It speaks the same HTTP protocol as any OpenAI-compatible endpoint (`server`), answers
phimill's own exercise prompts, honestly refuses all others, and is imperfect on purpose at
declared rates (`faults`).

Its honest size: 170 operations that practise 30 concepts, 5,138 pairs of operations that fit
together (506 pairs of concepts), and 4,428 different program skeletons (names and constants
masked) in 5,000 draws. Beyond its concepts it recombines; its prose is templated. It shows that
the road works and gives small models something clean; it does not replace a capable teacher.
"""
