"""A foreign program reads our OpenAPI document and tries the service with what that allows and forbids.

It finds no 500, and no answer that contradicts the document. How long: FUZZ_EXAMPLES tries of each kind for each
operation (``FUZZ_EXAMPLES=500 ./test fuzz`` is the long run), from the seed FUZZ_SEED.
"""

import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

#: tries of each kind for each operation; the number that ./test can afford
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "12")
SEED = os.environ.get("FUZZ_SEED", "7")
CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance,status_code_conformance"
#: streams never end
LEFT_OUT = "^/ops/.*events$"
#: operations that must have been answered well at least once, or the run has tried nothing
WELL = 20


@pytest.fixture(scope="module")
def fuzzed(service: Any, clients: Path, workdir: Path) -> tuple[subprocess.CompletedProcess[str], Path]:
    """How the program ended, and its report."""
    report = workdir / "fuzz.ndjson"
    command = [clients / "schemathesis", "run", f"{service.url}/ops/v1/openapi.json", "--checks", CHECKS,
               "--phases", "examples,coverage,fuzzing", "--exclude-path-regex", LEFT_OUT,
               "--auth", ":".join(service.auth), "--max-examples", EXAMPLES, "--seed", SEED,
               "--suppress-health-check", "all",
               "--generation-database", "none", "--request-timeout", "120", "--continue-on-failure",
               "--warnings", "off", "--report", "ndjson", "--report-ndjson-path", report]
    env = {**os.environ, "FUZZED": service.url, "FUZZED_AUTH": ":".join(service.auth),
           "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(Path(__file__).parent)}
    ended = subprocess.run([str(word) for word in command], cwd=workdir, env=env, capture_output=True, text=True,
                           timeout=int(EXAMPLES) * 60 + 1200, check=False)
    return ended, report


def test_nothing_breaks_and_nothing_contradicts_the_document(fuzzed: Any, service: Any) -> None:
    ended, _report = fuzzed
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    assert "Traceback" not in (service.data / "baremetal.log").read_text()


def test_it_has_really_tried(fuzzed: Any) -> None:
    _ended, report = fuzzed
    text = report.read_text()
    assert all(json.loads(line) for line in text.splitlines()[:5])
    codes = Counter(re.findall(r'"status_code":\s*(\d+)', text))
    print(dict(codes))
    assert sum(count for code, count in codes.items() if code.startswith("2")) > WELL
    assert codes["400"] and codes["404"] and codes["406"]
