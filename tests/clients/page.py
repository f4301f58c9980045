"""Writes docs/clients.md from what tests/clients/test_every.py has left in results/: every call that has worked.

    WRITE_CALLS=1 ./test clients -- -k every && .venv/bin/python -m tests.clients.page
"""

import json
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
HEAD = """# Clients
Every call that these clients have was made, unmodified, against this service by `./test clients`; this page is
generated from what came of it (`tests/clients/page.py`). A call that must be refused, since the fake hardware cannot do
it, was refused with words that say so.
"""
CLIENTS = (("every_sdk.json", "openstacksdk", "methods of its bare-metal proxy"),
           ("every_cli.json", "python-ironicclient", "commands of `baremetal`"))


def main() -> None:
    """Write the page."""
    parts = [HEAD]
    for file, name, what in CLIENTS:
        calls = json.loads((ROOT / "results" / file).read_text())
        parts.append(f"## {name}: {len(calls)} {what}\n\n| call | times done |\n|---|---|\n"
                     + "".join(f"| `{call}` | {count} |\n" for call, count in sorted(calls.items())))
    (ROOT / "docs" / "clients.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
