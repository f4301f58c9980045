"""Ctrl-C ends a command without a traceback, also while it is still being loaded."""

import os
import signal
import socket
import subprocess
import sys

import pytest

#: module and name of a command; ``baremetal-service`` sets its own handler when it begins
COMMANDS = (("baremetal.cli.ops", "baremetal-ops"), ("baremetal.cli.watch", "baremetal-watch"),
            ("baremetal.cli.compute", "nova-baremetal"), ("baremetal.cmd.single", "baremetal-service"))
#: a command that is interrupted when it loads what all of them load after the package itself
LOADING = """
import os, sys
class Finder:
    def find_spec(self, name, *_rest):
        if name.startswith("baremetal."):
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
sys.argv = ["/usr/bin/{command}"]
import {module}
"""
#: module: what its command is to do
ASKING = {"baremetal.cli.ops": ["fleet"], "baremetal.cli.watch": ["web-1"], "baremetal.cli.compute": ["node-list"]}


#: what a shell starts in the background ignores Ctrl-C, and so do its children; a person's command does not
HEARING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"


def start(code: str, *words: str, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", HEARING + code, *words], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environ})


@pytest.mark.parametrize(("module", "command"), COMMANDS)
def test_while_it_is_loaded(module: str, command: str) -> None:
    process = start(LOADING.format(module=module, command=command))
    assert process.communicate() == ("", "")
    # which shells show as 130
    assert process.returncode == -signal.SIGINT


def test_who_else_loads_the_package_hears_of_it_as_ever() -> None:
    process = start(LOADING.format(module="baremetal.cli.ops", command="portal"))
    assert "KeyboardInterrupt" in process.communicate()[1]


@pytest.mark.parametrize(("module", "command"), COMMANDS[:3])
def test_while_it_waits_for_an_answer(module: str, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(600)
        code = f"import sys; sys.argv[0] = '/usr/bin/{command}'; from {module} import main; main()"
        process = start(code, *ASKING[module], OS_ENDPOINT=f"http://127.0.0.1:{listener.getsockname()[1]}",
                        OS_AUTH_TYPE="none")
        connection, _ = listener.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            assert "Traceback" not in process.communicate()[1]
        assert process.returncode == 130
