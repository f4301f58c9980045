"""Allocations when a conductor is killed in the midst of them: each one ends, and each node is got once."""

import concurrent.futures
import uuid

from tests.cluster import test_cluster

NODES, WISHES, KILLED_AFTER = 4, 24, 6


def test_allocations_of_a_killed_conductor_are_ended_by_another(cluster):
    tag = f"class-{uuid.uuid4().hex[:8]}"
    nodes = []
    for _ in range(NODES):
        name = test_cluster.deployable(cluster)
        cluster.call("PUT", f"/v1/nodes/{name}/states/power", {"target": "power on"})
        cluster.until(lambda name=name: cluster.node(name)["power_state"] and not cluster.node(name)["reservation"])
        cluster.call("PATCH", f"/v1/nodes/{name}", [{"op": "add", "path": "/resource_class", "value": tag}])
        nodes.append(name)

    def wish(number):
        if number == KILLED_AFTER:
            cluster.conductors["one"].kill()
        # a conductor that does not answer any more is no reason to refuse
        return cluster.call("POST", "/v1/allocations", {"resource_class": tag}, copy=number % 2)["uuid"]
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            wishes = set(pool.map(wish, range(WISHES)))

        def ended():
            rows = cluster.get(f"/v1/allocations?resource_class={tag}&limit=100")["allocations"]
            return rows if {row["state"] for row in rows} <= {"active", "error"} else None
        rows = cluster.until(ended)
        got = {row["node_uuid"]: row["uuid"] for row in rows if row["state"] == "active"}
        assert {row["uuid"] for row in rows} == wishes and len(got) == NODES
        assert all(row["last_error"] for row in rows if row["state"] == "error")
        for name in nodes:
            node = cluster.node(name)
            assert node["instance_uuid"] == node["allocation_uuid"] == got[node["uuid"]]
            cluster.call("DELETE", f"/v1/nodes/{name}/allocation")
            assert cluster.node(name)["instance_uuid"] is None
    finally:
        cluster.conductor("one")
