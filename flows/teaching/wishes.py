"""From the options of a command, or the fields of a form, to a teacher's settings."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from data.errors import UsageError
from data.recipe import Synthesise, Teacher

URL_VARIABLE = "OPENAI_BASE_URL"

_TEACHER = tuple(Teacher.model_fields)
#: What both have, such as `timeout_s`, is the teacher's: how long programs may run is no wish.
_OTHERS = tuple(name for name in Synthesise.model_fields if name != "teacher" and name not in _TEACHER)


def settings_of(**wishes: Any) -> Synthesise:
    """Returns the settings that wishes stand for; a wish that is None leaves the default.

    Raises:
        UsageError: a value is impossible, or an endpoint is named without a model or key.
    """
    from pydantic import ValidationError

    given = {name: value for name, value in wishes.items() if value is not None}
    unknown = set(given) - {*_TEACHER, *_OTHERS}
    if unknown:
        raise UsageError(f"unknown settings: {', '.join(sorted(unknown))}")
    given = _with_url(given)
    try:
        teacher = Teacher(**{name: given[name] for name in _TEACHER if name in given})
        settings = Synthesise(teacher=teacher, **{name: given[name] for name in _OTHERS if name in given})
    except ValidationError as failure:
        first = failure.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{place}: {message}, found {first['input']!r}" if place else message) from None
    check_key(settings.teacher)
    return settings


def _with_url(given: dict[str, Any]) -> dict[str, Any]:
    """Fills in the URL from the environment, where a model is named and no URL is."""
    url, model = given.get("base_url"), given.get("model")
    if url is None and model and model != Teacher().model:
        url = os.environ.get(URL_VARIABLE)
        if not url:
            raise UsageError(f"--model {model}: name the endpoint with --base-url or {URL_VARIABLE}")
        return {**given, "base_url": url}
    if url is not None and url != "builtin" and not url.startswith("recorded:") and not model:
        raise UsageError(f"--base-url {url}: name the model there with --model")
    if url is not None and url.startswith("recorded:"):
        return {**given, "base_url": f"recorded:{Path(url.removeprefix('recorded:')).absolute()}"}
    return given


def check_key(teacher: Teacher) -> None:
    """Raises UsageError if an endpoint that is not on this machine has no key to be sent."""
    if teacher.base_url == "builtin" or teacher.base_url.startswith("recorded:") or is_local(teacher.base_url):
        return
    if teacher.api_key_file is None and not os.environ.get(teacher.api_key_env):
        raise UsageError(
            f"the environment variable {teacher.api_key_env} is not set; put the endpoint's key there, "
            "or name a file that holds it with --api-key-file"
        )


def is_local(url: str) -> bool:
    """Whether a URL is of this machine, so that nothing leaves it."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
