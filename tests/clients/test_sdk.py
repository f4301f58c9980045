"""openstacksdk, unmodified, in its own environment."""

import os
import subprocess
from pathlib import Path


def test_an_operators_day_with_openstacksdk(clients, service):
    script = Path(__file__).with_name("sdk_day.py")
    env = {**os.environ, "OS_USERNAME": service.auth[0], "OS_PASSWORD": service.auth[1],
           "OS_CLIENT_CONFIG_FILE": "/dev/null"}
    done = subprocess.run([clients / "python", script, service.url], env=env, capture_output=True, text=True,
                          timeout=1200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "openstacksdk: all done" in done.stdout
