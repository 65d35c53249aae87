"""An independent second solution: asked for by the task and the function's name alone, never shown the first."""

from __future__ import annotations

import ast
import copy
import hashlib

from data.recipe import Teacher
from synth.kinds.protocol import Record
from synth.parsing import Reply, find_object, parse_code, strip_controls, unusable
from synth.prompts import Prompts
from synth.requests import Request, build_request
from synth.screening import find_unsafe
from synth.specs import ExerciseSpec

KIND = "second"


def second_request(
    teacher: Teacher, identity: str, prompts: Prompts, spec: ExerciseSpec, record: Record
) -> Request | None:
    """Returns what to ask for a second solution; None where there is no function to be solved again."""
    task = task_of(record)
    if task is None:
        return None
    name, words = task
    # The words are the first teacher's: material for the second one, between lines that they cannot close.
    mark = hashlib.sha256(f"{spec.seed}\0{words}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    messages = prompts.fill(KIND, name=name, task=f"<<<task {mark}\n{words}\n{mark} task>>>")
    return build_request(teacher, identity, messages, spec.seed, prompts.schema(KIND))


def task_of(record: Record) -> tuple[str, str] | None:
    """Returns the function's name, and its head with the docstring, which is all that a solver is told."""
    checks = [check for check in record.checks if check.strong and check.must == "pass"]
    tree = parse_code(record.code) if checks else None
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)] if tree else []
    public = [node for node in functions if not node.name.startswith("_")] or functions
    if not public:
        return None
    function = public[-1]
    words = ast.get_docstring(function) or getattr(record, "task", "") or getattr(record, "title", "")
    head = copy.deepcopy(function)
    head.body, head.decorator_list = [ast.Expr(ast.Constant(words))], []
    return function.name, ast.unparse(ast.fix_missing_locations(head))


def read_second(reply: Reply) -> str | None:
    """Returns the program in a solver's reply; None if there is none that may be run."""
    if unusable(reply)[0]:
        return None
    found, _ = find_object(reply.content or "")
    solution = found.get("solution") if found else None
    if not isinstance(solution, str):
        return None
    program = strip_controls(solution).strip("\n")
    tree = parse_code(program)
    return None if tree is None or find_unsafe(tree) else program
