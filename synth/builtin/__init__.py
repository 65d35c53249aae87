"""The built-in teacher: a program that composes exercises from a grammar, not a language model.

It speaks the same HTTP protocol as any OpenAI-compatible endpoint (`server`), answers
phimill's own exercise prompts and honestly refuses all others, and is imperfect on purpose at
declared rates (`faults`). Its honest size is the number of its operations and concepts
(`answers.concepts`, `grammar.OPERATIONS`); beyond those it recombines.
"""
