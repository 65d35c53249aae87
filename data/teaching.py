"""The part of a recipe that says who teaches: a teacher, and what it shall be asked for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from data.strict import Seconds, Share, Strict


class Teacher(Strict):
    """An OpenAI-compatible endpoint, phimill's own procedural teacher, or a journal that is asked again."""

    base_url: str = Field(
        "builtin", description="`builtin`, the endpoint's URL ending in /v1, or `recorded:` and a journal's path."
    )
    model: str = Field("builtin-procedural-1", description="The model's name there.")
    api_key_env: str = Field("OPENAI_API_KEY", description="The environment variable that holds the key.")
    api_key_file: str | None = Field(None, description="A file that holds the key, instead of the variable.")
    temperature: float = Field(0.8, ge=0, description="Sampling temperature.")
    max_output_tokens: int = Field(1500, ge=16, description="Longest reply.")
    concurrency: int = Field(16, ge=1, le=256, description="Requests in flight at most; fewer where it complains.")
    timeout_s: Seconds = Field(120.0, description="For one request.")
    repair: bool = Field(True, description="Ask once more, with the error, for what could not be read.")
    batch: bool = Field(False, description="Use the endpoint's Batch API: slower, often at half the price.")
    replay: bool = Field(False, description="Use only what the journal holds; fail if anything is missing.")
    resend_in_doubt: bool = Field(False, description="Ask again for what a killed run may have paid for.")
    max_usd: float | None = Field(None, ge=0, description="Hard stop; the model's price must be known.")
    max_requests: int | None = Field(None, ge=1, description="Hard stop.")
    max_total_tokens: int | None = Field(None, ge=1, description="Hard stop; prompts and replies together.")
    max_seconds: float | None = Field(None, gt=0, description="Hard stop for the time that one run spends asking.")
    usd_per_million_input: float | None = Field(None, ge=0, description="Price of a million prompt tokens.")
    usd_per_million_output: float | None = Field(None, ge=0, description="Price of a million reply tokens.")
    prices: str | None = Field(None, description="A price table; default: phimill's own.")
    faults: dict[str, Share] = Field(
        default_factory=dict,
        description="How often the built-in teacher is wrong on purpose, by fault; what is not named keeps its rate.",
    )


class Synthesise(Strict):
    """Exercises written by a teacher, run in a sandbox, kept if they pass."""

    teacher: Teacher = Field(default_factory=Teacher, description="Who writes.")
    exercises: int = Field(100, ge=0, description="Requests to make; each may give one exercise.")
    topics: list[str] = Field(default_factory=list, description="Topics to cycle through; default: the built-in list.")
    kinds: list[str] = Field(
        ["function"], min_length=1, description="What to ask for, in turn (`phimill synth kinds`)."
    )
    spec: str | None = Field(None, description="A file of axes and budgets (YAML) that decides what is asked for.")
    prompts: str | None = Field(None, description="A folder of prompts that go before the shipped ones.")
    approve: bool = Field(False, description="Wait for a person's yes, in Prefect's pages, before money is spent.")
    timeout_s: Seconds = Field(5.0, description="Processor time of one exercise's tests.")
    keep_self_asserted: bool = Field(False, description="Also mix in exercises whose tests only the child could check.")
    min_level: Literal["parses", "runs", "passes", "strong", "agreed"] = Field(
        "strong", description="Evidence that an exercise needs, such as tests that kill every mutant of its solution."
    )
    max_per_skeleton: int | None = Field(
        3, ge=1, description="Exercises of a kind whose programs differ in names and constants alone; null: any number."
    )
    max_per_behaviour: int | None = Field(
        3, ge=1, description="Exercises of one kind whose programs do the same on 64 inputs; null: any number."
    )
    second: bool = Field(
        False, description="Ask for an independent second solution of what is strong; `min_level: agreed` does, too."
    )
    second_teacher: Teacher | None = Field(None, description="Who solves it; default: the same teacher, asked anew.")
    shipped: str | None = Field(
        None, description="A folder that knows what earlier runs shipped, so that it is not new."
    )
