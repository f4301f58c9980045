"""The provisioning cycle of many nodes at once: manage, provide, active, deleted; each leg when the last one ended.

One poll of a list watches all of them, as a client of a fleet does; putters send what is next. Polls are counted in.
"""

import contextlib
import queue
import threading
import time
from typing import Any

from bench import client, operations, side

LEGS = (("manage", "manageable"), ("provide", "available"), ("active", "active"), ("deleted", "available"))
FIELDS = "uuid,provision_state,target_provision_state,reservation,last_error"
POLL = 0.1
WITHIN = 600
PUTTERS = 4


class Cycle:
    """One run of the cycle over fresh nodes."""

    def __init__(self, place: side.Side, times: int, *, clean: bool) -> None:
        self.place, self.meters = place, place.meters
        self.kind = f"cycle-{'clean' if clean else 'plain'}"
        more: dict[str, Any] = {"resource_class": self.kind, **({"automated_clean": True} if clean else {})}
        crowd = client.Crowd(place.url, self.meters)
        _, made = crowd.do(times, PUTTERS, lambda own, number: own.call(
            "POST", "/v1/nodes", operations.body(number, **more))["uuid"])
        self.leg = dict.fromkeys(made, 0)
        self.sent: dict[str, float] = {}        # node: when its present leg was accepted
        self.took: list[list[float]] = [[] for _ in LEGS]
        self.todo: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.failed: dict[str, str] = {}
        self.busy = 0

    def run(self) -> dict[str, Any]:
        """Bring every node round and return what one round costs."""
        putters = [threading.Thread(target=self._put) for _ in range(PUTTERS)]
        mark = self.meters.mark()
        for node in self.leg:
            self.todo.put(node)
        for putter in putters:
            putter.start()
        with contextlib.ExitStack() as stack:
            for _ in putters:
                stack.callback(self.todo.put, None)
            polls = self._watch()
        done = sum(leg == len(LEGS) for leg in self.leg.values())
        figures = self.meters.since(mark, done)
        for putter in putters:
            putter.join()
        return {"n": done, "per_s": round(done / figures["wall_s"], 2), "errors": len(self.leg) - done,
                "first_error": next(iter(self.failed.values()), None), "polls": polls, "busy_answers": self.busy,
                "legs": {name: client.quantiles(took) for (name, _), took in zip(LEGS, self.took, strict=True)},
                **figures}

    def _put(self) -> None:
        """Send what is next for the nodes in the queue; what is busy is sent again."""
        own = client.Client(self.place.url)
        while (node := self.todo.get()) is not None:
            verb = LEGS[self.leg[node]][0]
            status, answer = own.send("PUT", f"/v1/nodes/{node}/states/provision", {"target": verb})
            if status in (409, 503):
                self.busy += 1
                time.sleep(0.05)
                self.todo.put(node)
            elif status >= 300:
                self.failed[node] = f"{verb}: {status} {answer[:300]!r}"
            else:
                self.sent[node] = time.perf_counter()

    def _watch(self) -> int:
        """Poll until all nodes are round or failed; return how often."""
        own, polls = client.Client(self.place.url), 0
        path = f"/v1/nodes?resource_class={self.kind}&limit=1000&fields={FIELDS}"
        end = time.perf_counter() + WITHIN
        while time.perf_counter() < end:
            time.sleep(POLL)
            polls += 1
            for _, page in own.pages(path):
                for node in page["nodes"]:
                    self._look(node)
            if all(leg == len(LEGS) or node in self.failed for node, leg in self.leg.items()):
                break
        return polls

    def _look(self, node: dict[str, Any]) -> None:
        ident, state = node["uuid"], node["provision_state"]
        if ident not in self.sent or ident in self.failed:
            return
        if state.endswith("failed") or state == "error":
            self.failed[ident] = f"{state}: {node['last_error']}"
        if state == LEGS[self.leg[ident]][1] and not node["target_provision_state"] and not node["reservation"]:
            self.took[self.leg[ident]].append(time.perf_counter() - self.sent.pop(ident))
            self.leg[ident] += 1
            if self.leg[ident] < len(LEGS):
                self.todo.put(ident)


def cycles(place: side.Side, times: int) -> operations.Figures:
    """Measure the cycle without cleaning, and with the fakes' cleaning."""
    return {"cycle": Cycle(place, times, clean=False).run(),
            "cycle cleaned": Cycle(place, times, clean=True).run()}
