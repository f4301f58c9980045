"""Run by the interpreter of .venv-clients: every command of python-ironicclient, unmodified, in one process.

Prints a JSON object: each command, with how often it did what was asked. Asserts as it goes; lines of ``DAY`` are words
as typed, ``=name`` at the end keeps the new object's uuid, ``!text`` expects a refusal that says so.
"""

import contextlib
import importlib.metadata
import io
import json
import shlex
import sys
import tempfile
import time
import uuid

from ironicclient import shell

TAG = uuid.uuid4().hex[:8]
MAC = f"{TAG[:2]}:{TAG[2:4]}:{TAG[4:6]}"
GROUP = "openstack.baremetal.v1"
STEPS = '[{"interface": "vendor", "step": "log_passthrough", "args": {}, "order": 1}]'
DEPLOY = '[{"interface": "vendor", "step": "log_passthrough", "args": {}, "priority": 1}]'
HOLD = '[{"interface": "deploy", "step": "hold"}]'

DAY = f"""
chassis create --description rack =chassis
chassis list --long
chassis set $chassis --description other
chassis unset $chassis --description
chassis show $chassis
driver list --long
driver show fake-hardware
driver property list fake-hardware
driver raid property list fake-hardware
driver passthru list fake-hardware
driver passthru call fake-hardware unicorn !unicorn
conductor list --long
conductor show $host
shard list
node create --driver fake-hardware --name cli-{TAG} --chassis-uuid $chassis --resource-class c-{TAG} =node
node create --driver fake-hardware --name part-{TAG} --parent-node $node =part
node list --long
node show $node
node set $node --description text --extra rack=1 --shard s1
node unset $node --description --extra rack
node children list $node
node validate $node
node trait add $node CUSTOM_A CUSTOM_B
node trait list $node
node trait remove $node CUSTOM_A
node add trait $node CUSTOM_C
node remove trait $node CUSTOM_C
node manage $node --wait 180
node maintenance set $node --reason fan
node maintenance unset $node
node power on $node --power-timeout 180
node reboot $node
node power off $node --power-timeout 180
node boot device set $node pxe
node boot device show $node
node boot mode set $node uefi
node secure boot on $node
node secure boot off $node
node inject nmi $node
node console enable $node
node console show $node
node console disable $node
node passthru list $node
node passthru call $node second_method --http-method POST --arg bar=meow
node bios setting list $node
node bios setting show $node unicorn !unicorn
node firmware list $node
port group create --node $node --name bond-{TAG} --address 52:54:00:{MAC} =group
port group list --long
port group set $group --extra a=b
port group unset $group --extra a
port group show $group
port create --node $node 52:54:01:{MAC} --port-group $group =port
port list --long
port set $port --extra a=b
port unset $port --extra a
port show $port
node vif attach $node {uuid.uuid4()}
node vif list $node
node vif detach $node unicorn
port delete $port
port group delete $group
volume connector create --node $node --type iqn --connector-id iqn.{TAG} =connector
volume connector list --long
volume connector set $connector --extra a=b
volume connector unset $connector --extra a
volume connector show $connector
volume target create --node $node --type iscsi --boot-index 0 --volume-id {uuid.uuid4()} =target
volume target list --long
volume target set $target --extra a=b
volume target unset $target --extra a
volume target show $target
volume target delete $target
volume connector delete $connector
deploy template create CUSTOM_T{TAG.upper()} --steps '{DEPLOY}' =template
deploy template list --long
deploy template set $template --extra a=b
deploy template unset $template --extra a
deploy template show $template
deploy template delete $template
runbook create --name CUSTOM_R{TAG.upper()} --steps '{STEPS}' =runbook
runbook list --long
runbook set $runbook --extra a=b
runbook unset $runbook --extra a
runbook show $runbook
runbook trait add $runbook CUSTOM_B
runbook trait list $runbook
inspection rule create --description r --actions '[{{"op": "log", "args": {{"msg": "hello"}}}}]' =rule
inspection rule list --long
inspection rule set $rule --priority 7
inspection rule unset $rule --priority
inspection rule show $rule
inspection rule delete $rule
node clean $node --runbook $runbook --wait 180
runbook trait remove $runbook CUSTOM_B
runbook delete $runbook
node inspect $node --wait 180
node inventory save $node !nventory
node history list $node
node history get $node $event
node clean $node --clean-steps '{HOLD}'
?node show $node -f value -c provision_state =clean hold
node unhold $node
?node show $node -f value -c provision_state =manageable
node clean $node --clean-steps '{HOLD}'
?node show $node -f value -c provision_state =clean hold
node abort $node
?node show $node -f value -c provision_state =clean failed
node manage $node --wait 180
node maintenance unset $node
node adopt $node --wait 180
node rebuild $node --wait 180
node rescue $node --rescue-password geheim --wait 180
node unrescue $node --wait 180
node service $node --service-steps '{STEPS}' --wait 180
node undeploy $node --wait 180
allocation create --resource-class c-{TAG} --name a-{TAG} --wait 180 =allocation
allocation list --long
allocation set $allocation --extra a=b
allocation unset $allocation --extra a
allocation show $allocation
allocation delete $allocation
node deploy $node --wait 180
node undeploy $node --wait 180
node manage $node --wait 180
node provide $node --wait 180
create $file
node delete $part
node delete $node
chassis delete $chassis
"""


def run(words: list[str]) -> tuple[int, str]:
    """Run a command in this process; return its status and what it has said."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            status = shell.main(words)
        except SystemExit as error:
            status = error.code
    return int(status or 0), out.getvalue()


def ask(words: list[str]) -> str:
    """Run a command that must succeed."""
    status, said = run(words)
    assert status == 0, f"baremetal {shlex.join(words)}: {status}: {said}"
    return said


def until(words: list[str], wanted: str) -> None:
    """Run a command until it says what is wanted."""
    end = time.monotonic() + 180
    while (said := ask(words).strip()) != wanted:
        assert time.monotonic() < end, f"{said!r} is not {wanted!r}"
        time.sleep(0.2)


def filled(line: str, known: dict[str, str]) -> list[str]:
    """The words of a line, with what was made before in its places."""
    if "$event" in line:
        known["event"] = ask(["node", "history", "list", known["node"], "-f", "value"]).split()[0]
    return [known.get(word[1:], word) if word.startswith("$") else word for word in shlex.split(line)]


commands = {entry.name.removeprefix("baremetal_").replace("_", " ")
            for entry in importlib.metadata.entry_points(group=GROUP)}
done = dict.fromkeys(sorted(commands), 0)
with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
    json.dump({"nodes": [{"driver": "fake-hardware", "name": f"file-{TAG}"}]}, file)
    file.flush()
    known = {"host": ask(["conductor", "list", "-f", "value"]).split()[0], "file": file.name}
    for line in DAY.strip().splitlines():
        line, _, refusal = line.partition(" !")
        poll, line = line.startswith("?"), line.lstrip("?")
        line, _, name = line.partition(" =")
        words = filled(line, known)
        if poll:
            until(words, name)
            continue
        if refusal:
            status, said = run(words)
            assert status and refusal in said, f"{line}: {status}: {said}"
        elif name:
            known[name] = json.loads(ask([*words, "-f", "json"]))["uuid"]
        else:
            ask(words)
        done[max((one for one in commands if line.startswith(f"{one} ") or line == one), key=len)] += 1
assert all(done.values()), f"these commands were not tried: {[name for name, count in done.items() if not count]}"
print(json.dumps(done), file=sys.stdout)
