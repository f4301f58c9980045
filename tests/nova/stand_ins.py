"""Run by the interpreter of .venv-nova: what a nova-compute has around it, as far as its driver asks.

nova-compute has no database: its objects ask a conductor. Here one answers that keeps nothing but what is in
``object_class_action_versions``. Neutron is asked over HTTP for security groups, and knows none.
"""

import http.server
import json
import threading
from typing import Any

from nova import objects
from nova.objects import block_device


class Conductor:
    """Answers what objects ask of Nova's database. Everything else is refused by name."""

    def __init__(self, instances: list[Any]) -> None:
        self.instances = instances

    def object_action(self, context: Any, instance: Any, method: str, args: Any, kwargs: Any) -> Any:
        """Do what an object asks for itself: nothing is kept elsewhere, so it stays as it is."""
        if method not in ("save", "refresh"):
            raise LookupError(f"{type(instance).__name__}.{method} is not answered here")
        return {}, None

    def object_class_action_versions(self, context: Any, name: str, method: str, versions: Any, args: Any,
                                     kwargs: Any) -> Any:
        """Do what a class of objects asks."""
        answers = {
            "ServiceList.get_all_computes_by_hv_type": lambda: objects.ServiceList(objects=[]),
            "InstanceList.get_uuids_by_host": lambda: [one.uuid for one in self.instances],
            "BlockDeviceMappingList.get_by_instance_uuid": lambda: block_device.BlockDeviceMappingList(objects=[]),
        }
        return answers[f"{name}.{method}"]()


class Neutron(http.server.BaseHTTPRequestHandler):
    """Has no ports."""

    def do_GET(self) -> None:
        body = json.dumps({"ports": [], "security_groups": [], "extensions": []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def neutron() -> str:
    """Start one; return its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Neutron)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"
