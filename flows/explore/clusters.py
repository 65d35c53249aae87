"""What the page of a cluster shows: its documents, and two of them side by side with the differences marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data.errors import DamageError
from flows.explore.reader import line_of
from flows.inspect import texts_by_row
from flows.report.differences import side_by_side
from flows.report.excerpts import mask, visible

if TYPE_CHECKING:
    from flows.explore.app import Explorer

#: Documents of a cluster that are listed, and characters of a text that are compared.
MEMBERS, COMPARED = 200, 50_000


def facts(explorer: Explorer, cluster: str, left: str, right: str) -> dict[str, Any] | None:
    """Returns a cluster's page, None if there is no such cluster.

    Args:
        explorer: what is looked at.
        cluster: its name.
        left: the id of the document on the left; else the one that survived.
        right: the id of the document on the right; else the first other one.
    """
    members = explorer.ledger.members(cluster, MEMBERS)
    if not members:
        return None
    by_id = {row["id"]: row for row in members}
    first = by_id.get(left, members[0])
    others = [row for row in members if row["id"] != first["id"]]
    second = by_id.get(right) if right != first["id"] else None
    second = second or (others[0] if others else None)
    return {
        "cluster": cluster,
        "members": [{**line_of(explorer, row), "matched": row["matched"]} for row in members],
        "left": first["id"],
        "right": second["id"] if second else "",
        "pair": _pair(explorer, first, second) if second else None,
    }


def _pair(explorer: Explorer, first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any] | None:
    rows = {row["ledger_row"]: row for row in (first, second)}
    try:
        texts = texts_by_row(explorer.folder, rows)
    except DamageError:
        return None
    if len(texts) < len(rows):
        return None
    shown = [visible(mask(texts[row["ledger_row"]][:COMPARED])) for row in (first, second)]
    left, right = side_by_side(*shown)
    return {"left": left, "right": right, "same": shown[0] == shown[1]}
