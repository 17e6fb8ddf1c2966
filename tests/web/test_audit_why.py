"""The history that a desk shows: decisions alone, found among everything that merely arrived."""

from __future__ import annotations

from pathlib import Path

from tests.makers import Hands, post
from tests.server import serving
from wall.gate import Verdict
from wall.store.client import Store


async def test_the_audit_is_read_for_chosen_reasons(store: Store, data_dir: Path) -> None:
    hands = Hands(store)
    posts = [post(str(n)) for n in range(4)]
    for one in posts:
        await hands.arrive(one)
    await hands.decide(posts[0], Verdict.APPROVE)
    await hands.decide(posts[1], Verdict.REJECT, by="Bruno")
    async with serving(store, data_dir) as served:
        _, body = await served.get("/api/v1/audit?why=approve,reject&limit=10", headers=served.admin)
        assert [(entry["why"], entry["by"], entry["to"]) for entry in body["entries"]] == [
            ("reject", "Bruno", "rejected"),
            ("approve", "Anna", "approved"),
        ]
        _, body = await served.get("/api/v1/audit?why=reject&by=Anna", headers=served.admin)
        assert (body["entries"], body["before"]) == ([], None)
        for wrong in ("why=a b", "why=,", "why=" + "a" * 21):
            status, body = await served.get(f"/api/v1/audit?{wrong}", headers=served.admin)
            assert (status, body["error"]["field"]) == (400, "why")
