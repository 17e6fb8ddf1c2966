"""The long history: many rounds of hands, faults and judgement, and the figures worth publishing.

    python -m bench.history [--rounds 200] [--seed 1]

The same rounds as `tests/history/`, on one store that goes on living between them: five faults a round, drawn from
ten kinds. `edited off the screens` is from the answer to the network's edit to the operation's arrival at a screen's
socket, where no fault was within a second.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.history.hands import History
from tests.history.ordeal import Ordeal, Server
from tests.history.rounds import one_round
from wall.gate import Answer

CALM_S = 3.0
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


async def play(folder: Path, *, rounds: int, seed: int) -> bool:
    server = Server(folder)
    await server.start()
    ordeal = Ordeal(server, seed)
    histories: list[History] = []
    began = time.perf_counter()
    try:
        for n in range(rounds):
            history = await one_round(ordeal, folder, seed * 100_000 + n, calm_s=CALM_S)
            histories.append(history)
            for sentence in history.violations:
                print(f"  round {n} (seed {seed * 100_000 + n}): {sentence}")
            if (n + 1) % 20 == 0:
                print(f"  {n + 1} rounds, {sum(h.operations for h in histories)} operations", flush=True)
    finally:
        server.end()
    report(histories, ordeal, seconds=time.perf_counter() - began)
    return not any(history.violations for history in histories)


def report(histories: list[History], ordeal: Ordeal, *, seconds: float) -> None:
    figures: Counter[str] = sum((history.figures for history in histories), Counter())
    presses = [one for history in histories for one in history.presses]
    words = Counter(one.answers[0].value for one in presses if one.answers)
    rows = {
        "rounds": len(histories),
        "seconds": round(seconds),
        "operations": sum(history.operations for history in histories),
        "calls nobody answered": sum(history.unanswered for history in histories),
        "decisions": len(presses),
        "decisions acknowledged": words[Answer.OK] + words[Answer.REPLAY],
        "decisions over HTTP": sum(one.by in ("Chen", "Dalia") for one in presses),
        "sweeps and bans": sum(len(history.sweeps) for history in histories),
        "repeats answered": sum(history.repeats for history in histories),
        "refused as stale": words[Answer.STALE],
        **figures,
        "faults": ordeal.faults.total(),
        **{f"  {kind}": count for kind, count in sorted(ordeal.faults.items())},
        "violations": sum(len(history.violations) for history in histories),
    }
    for name, value in rows.items():
        print(f"  {name:28} {value:>10,}")
    print(f"  {'edited off the screens':28} {spread([s for history in histories for s in history.off_s])}")
    print("  from the end of a fault until both screens had what the store had then")
    for fault in sorted(ordeal.faults):
        healed = [s for history in histories for s in history.healed_s.get(fault, [])]
        print(f"    {fault:26} {spread(healed)}")


def spread(values: list[float]) -> str:
    ranked = sorted(values)
    if not ranked:
        return "not met"
    share = {name: ranked[min(len(ranked) - 1, int(part * len(ranked)))] for name, part in SHARES.items()}
    return "  ".join(f"{name} {value:6.3f}" for name, value in share.items()) + f"  max {ranked[-1]:6.3f} s"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        is_clean = asyncio.run(play(Path(name), rounds=asked.rounds, seed=asked.seed))
    raise SystemExit(0 if is_clean else 1)


if __name__ == "__main__":
    main()
