"""Layouts of well-known tables: which column holds the text, the id, the path, the language, the licence."""

from __future__ import annotations

from typing import Any

from data.errors import did_you_mean

ROLES = ("text", "html", "id", "url", "language", "path", "licence")

#: Layout → its columns by role, and what the documents are.
COLUMN_PRESETS: dict[str, dict[str, str]] = {
    # bigcode/the-stack and the-stack-dedup: a source file a row, facts about the repository with the most stars.
    "the-stack": {
        "text": "content", "id": "hexsha", "language": "lang", "path": "max_stars_repo_path",
        "licence": "max_stars_repo_licenses", "document_kind": "code",
    },
    # bigcode/the-stack-v2, once the contents have been fetched into a column `content`.
    "the-stack-v2": {
        "text": "content", "id": "blob_id", "language": "language", "path": "path", "licence": "detected_licenses",
        "document_kind": "code",
    },
    # bigcode/starcoderdata: permissive licences only, which is why it has no column for them.
    "starcoderdata": {"text": "content", "id": "id", "path": "max_stars_repo_path", "document_kind": "code"},
    # bigcode/the-stack-smol.
    "the-stack-smol": {
        "text": "content", "language": "lang", "path": "path", "licence": "licenses", "document_kind": "code",
    },
    # codeparrot/github-code.
    "github-code": {
        "text": "code", "language": "language", "path": "path", "licence": "license", "document_kind": "code",
    },
}  # fmt: skip


def preset_columns(columns: Any) -> dict[str, Any]:
    """Returns the keys of a source (`text_column`, …) that `columns` stands for.

    Args:
        columns: the name of a layout, or names of columns by role.

    Raises:
        ValueError: no such layout or role, with the nearest name.
    """
    if isinstance(columns, str):
        if columns not in COLUMN_PRESETS:
            known = ", ".join(COLUMN_PRESETS)
            raise ValueError(f'no table layout "{columns}".{did_you_mean(columns, COLUMN_PRESETS)} Known: {known}')
        columns = COLUMN_PRESETS[columns]
    elif isinstance(columns, dict):
        for role in columns:
            if role not in ROLES:
                raise ValueError(f'no column plays "{role}".{did_you_mean(str(role), ROLES)} Roles: {", ".join(ROLES)}')
    else:
        return {}
    return {role if role == "document_kind" else f"{role}_column": name for role, name in columns.items()}
