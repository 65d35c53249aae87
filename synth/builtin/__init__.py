"""The built-in teacher: a program that composes what it says from a grammar, not a language model.

It speaks the same HTTP protocol as any OpenAI-compatible endpoint (`server`: chat completions,
models, files, batches), answers phimill's own prompts of every kind (`kinds`), solves its own
tasks a second time from their words alone (`solving`), honestly refuses all other prompts, and is
imperfect on purpose at declared rates (`faults`).

Its honest size: 232 operations in twelve families that practise 35 concepts, 10,995 pairs of
operations that fit together (526 pairs of concepts), and 4,469 different program skeletons (names
and constants masked) in 5,000 draws; of 1,430 verified ones 1,338 behaved differently. Beyond its
concepts it recombines; its prose is templated. Lessons in prose repeat what is written down for 35
concepts and 112 topics; a rephrasing is the document's own sentences, laid out anew, with words
exchanged where a list of 172 allows it. It shows that the road works and gives small models
something clean; it does not replace a capable teacher.
"""
