"""The life of a node as one table: provision states, events, verbs; power states.

Everything else derives from here: the API's early refusal, the conductor's moves, the picture in the
documentation (``python -m baremetal.states``), the tests. Only ``conductor/task.py`` writes a state.
Source of the strings and transitions: the bare-metal API v1 convention (reference, sections 6.1 to 6.4).
"""

# fmt: off
ENROLL         = "enroll"
VERIFYING      = "verifying"
MANAGEABLE     = "manageable"
AVAILABLE      = "available"
INSPECTING     = "inspecting"
INSPECTWAIT    = "inspect wait"
INSPECTFAIL    = "inspect failed"
CLEANING       = "cleaning"
CLEANWAIT      = "clean wait"
CLEANHOLD      = "clean hold"
CLEANFAIL      = "clean failed"
DEPLOYING      = "deploying"
DEPLOYWAIT     = "wait call-back"
DEPLOYHOLD     = "deploy hold"
DEPLOYFAIL     = "deploy failed"
ACTIVE         = "active"
DELETING       = "deleting"
ERROR          = "error"
ADOPTING       = "adopting"
ADOPTFAIL      = "adopt failed"
RESCUING       = "rescuing"
RESCUEWAIT     = "rescue wait"
RESCUEFAIL     = "rescue failed"
RESCUE         = "rescue"
UNRESCUING     = "unrescuing"
UNRESCUEFAIL   = "unrescue failed"
SERVICING      = "servicing"
SERVICEWAIT    = "service wait"
SERVICEHOLD    = "service hold"
SERVICEFAIL    = "service failed"

STABLE, MOVING, WAITING, HELD, FAILED = "stable", "moving", "waiting", "held", "failed"

#: state: (kind, sentence)
STATES = {
    ENROLL:       (STABLE,  "Known by name; nobody has checked yet that its controller answers."),
    VERIFYING:    (MOVING,  "Its controller's credentials are being checked."),
    MANAGEABLE:   (STABLE,  "Reachable and under control, but not offered to tenants."),
    AVAILABLE:    (STABLE,  "Clean and offered to tenants."),
    INSPECTING:   (MOVING,  "Its hardware is being found out."),
    INSPECTWAIT:  (WAITING, "Its ramdisk is awaited, to report the hardware."),
    INSPECTFAIL:  (FAILED,  "The inspection did not end well."),
    CLEANING:     (MOVING,  "A cleaning step is running."),
    CLEANWAIT:    (WAITING, "Its ramdisk is awaited, to clean."),
    CLEANHOLD:    (HELD,    "Cleaning stopped at a hold step until somebody says go on."),
    CLEANFAIL:    (FAILED,  "Cleaning did not end well; the way back is 'manage'."),
    DEPLOYING:    (MOVING,  "A deploy step is running."),
    DEPLOYWAIT:   (WAITING, "Its ramdisk is awaited, to deploy."),
    DEPLOYHOLD:   (HELD,    "The deploy stopped at a hold step until somebody says go on."),
    DEPLOYFAIL:   (FAILED,  "The deploy did not end well."),
    ACTIVE:       (STABLE,  "It runs what its tenant deployed."),
    DELETING:     (MOVING,  "The tenant's deployment is being torn down."),
    ERROR:        (FAILED,  "Tearing down did not end well."),
    ADOPTING:     (MOVING,  "A running server is being taken over as it is."),
    ADOPTFAIL:    (FAILED,  "The running server could not be taken over."),
    RESCUING:     (MOVING,  "The rescue ramdisk is being started."),
    RESCUEWAIT:   (WAITING, "The rescue ramdisk is awaited."),
    RESCUEFAIL:   (FAILED,  "The rescue ramdisk did not come up."),
    RESCUE:       (STABLE,  "It runs the rescue ramdisk."),
    UNRESCUING:   (MOVING,  "The rescue ramdisk is being left."),
    UNRESCUEFAIL: (FAILED,  "The way back from the rescue ramdisk failed."),
    SERVICING:    (MOVING,  "A service step is running on a deployed server."),
    SERVICEWAIT:  (WAITING, "Its ramdisk is awaited, to service."),
    SERVICEHOLD:  (HELD,    "The service stopped at a hold step until somebody says go on."),
    SERVICEFAIL:  (FAILED,  "The service did not end well."),
}

#: (from, event, to)
MOVES = (
    ((ENROLL,),                                     "manage",    VERIFYING),
    ((VERIFYING,),                                  "done",      MANAGEABLE),
    ((VERIFYING,),                                  "fail",      ENROLL),

    ((MANAGEABLE,),                                 "provide",   CLEANING),
    ((MANAGEABLE,),                                 "clean",     CLEANING),
    ((MANAGEABLE, INSPECTFAIL),                     "inspect",   INSPECTING),
    ((MANAGEABLE, ADOPTFAIL),                       "adopt",     ADOPTING),
    ((AVAILABLE, CLEANFAIL, INSPECTFAIL, ADOPTFAIL), "manage",   MANAGEABLE),

    ((INSPECTING, INSPECTWAIT),                     "done",      MANAGEABLE),
    ((INSPECTING, INSPECTWAIT),                     "fail",      INSPECTFAIL),
    ((INSPECTING,),                                 "wait",      INSPECTWAIT),
    ((INSPECTWAIT,),                                "resume",    INSPECTING),
    ((INSPECTWAIT,),                                "abort",     INSPECTFAIL),

    ((CLEANING,),                                   "done",      AVAILABLE),
    ((CLEANING,),                                   "manage",    MANAGEABLE),
    ((CLEANING, CLEANWAIT),                         "fail",      CLEANFAIL),
    ((CLEANING,),                                   "wait",      CLEANWAIT),
    ((CLEANING, CLEANWAIT),                         "hold",      CLEANHOLD),
    ((CLEANWAIT,),                                  "resume",    CLEANING),
    ((CLEANWAIT, CLEANHOLD),                        "abort",     CLEANFAIL),
    ((CLEANHOLD,),                                  "unhold",    CLEANWAIT),

    ((AVAILABLE, DEPLOYFAIL),                       "deploy",    DEPLOYING),
    ((ACTIVE, DEPLOYFAIL, ERROR),                   "rebuild",   DEPLOYING),
    ((DEPLOYING,),                                  "done",      ACTIVE),
    ((DEPLOYING, DEPLOYWAIT),                       "fail",      DEPLOYFAIL),
    ((DEPLOYING,),                                  "wait",      DEPLOYWAIT),
    ((DEPLOYING, DEPLOYWAIT),                       "hold",      DEPLOYHOLD),
    ((DEPLOYWAIT,),                                 "resume",    DEPLOYING),
    ((DEPLOYWAIT, DEPLOYHOLD),                      "abort",     DEPLOYFAIL),
    ((DEPLOYHOLD,),                                 "unhold",    DEPLOYWAIT),

    ((ACTIVE, DEPLOYWAIT, DEPLOYFAIL, ERROR, RESCUE, RESCUEWAIT, RESCUEFAIL, UNRESCUEFAIL,
      SERVICEWAIT, SERVICEFAIL),                    "delete",    DELETING),
    ((DELETING,),                                   "clean",     CLEANING),
    ((DELETING,),                                   "fail",      ERROR),

    ((ADOPTING,),                                   "done",      ACTIVE),
    ((ADOPTING,),                                   "fail",      ADOPTFAIL),

    ((ACTIVE, RESCUE, RESCUEFAIL, UNRESCUEFAIL, SERVICEFAIL), "rescue", RESCUING),
    ((RESCUING,),                                   "done",      RESCUE),
    ((RESCUING,),                                   "wait",      RESCUEWAIT),
    ((RESCUING, RESCUEWAIT),                        "fail",      RESCUEFAIL),
    ((RESCUEWAIT,),                                 "resume",    RESCUING),
    ((RESCUEWAIT,),                                 "abort",     RESCUEFAIL),

    ((RESCUE, RESCUEFAIL, UNRESCUEFAIL),            "unrescue",  UNRESCUING),
    ((UNRESCUING,),                                 "done",      ACTIVE),
    ((UNRESCUING,),                                 "fail",      UNRESCUEFAIL),

    ((ACTIVE, SERVICEHOLD, SERVICEFAIL),            "service",   SERVICING),
    ((SERVICING,),                                  "done",      ACTIVE),
    ((SERVICING, SERVICEFAIL),                      "wait",      SERVICEWAIT),
    ((SERVICING, SERVICEWAIT, SERVICEFAIL),         "hold",      SERVICEHOLD),
    ((SERVICING, SERVICEWAIT, SERVICEHOLD),         "fail",      SERVICEFAIL),
    ((SERVICEWAIT,),                                "resume",    SERVICING),
    ((SERVICEWAIT, SERVICEHOLD),                    "abort",     SERVICEFAIL),
    ((SERVICEFAIL,),                                "abort",     ACTIVE),
    ((SERVICEHOLD,),                                "unhold",    SERVICEWAIT),
)
NEXT = {(was, event): to for group, event, to in MOVES for was in group}

#: the stable state a moving, waiting, held or failed state is on its way to (``target_provision_state``);
#: cleaning's target depends on why it cleans and is kept on the node
TARGETS = {
    VERIFYING: MANAGEABLE, INSPECTING: MANAGEABLE, INSPECTWAIT: MANAGEABLE, INSPECTFAIL: MANAGEABLE,
    CLEANING: AVAILABLE, CLEANWAIT: AVAILABLE, CLEANHOLD: AVAILABLE, CLEANFAIL: AVAILABLE,
    DEPLOYING: ACTIVE, DEPLOYWAIT: ACTIVE, DEPLOYHOLD: ACTIVE, DEPLOYFAIL: ACTIVE,
    DELETING: AVAILABLE, ADOPTING: ACTIVE, ADOPTFAIL: ACTIVE,
    RESCUING: RESCUE, RESCUEWAIT: RESCUE, RESCUEFAIL: RESCUE, UNRESCUING: ACTIVE, UNRESCUEFAIL: ACTIVE,
    SERVICING: ACTIVE, SERVICEWAIT: ACTIVE, SERVICEHOLD: ACTIVE, SERVICEFAIL: ACTIVE,
}

#: the conf option of [conductor] that bounds each waiting state, in seconds
TIMEOUTS = {
    INSPECTWAIT: "inspect_wait_timeout",
    CLEANWAIT:   "clean_callback_timeout",
    DEPLOYWAIT:  "deploy_callback_timeout",
    RESCUEWAIT:  "rescue_callback_timeout",
    SERVICEWAIT: "service_callback_timeout",
}

#: ``target`` of PUT states/provision: (event of MOVES, microversion that brought it)
VERBS = {
    "active":   ("deploy",   (1, 1)),
    "deploy":   ("deploy",   (1, 73)),
    "rebuild":  ("rebuild",  (1, 1)),
    "deleted":  ("delete",   (1, 1)),
    "undeploy": ("delete",   (1, 1)),
    "manage":   ("manage",   (1, 4)),
    "provide":  ("provide",  (1, 4)),
    "inspect":  ("inspect",  (1, 6)),
    "clean":    ("clean",    (1, 15)),
    "adopt":    ("adopt",    (1, 17)),
    "abort":    ("abort",    (1, 13)),
    "rescue":   ("rescue",   (1, 38)),
    "unrescue": ("unrescue", (1, 38)),
    "unhold":   ("unhold",   (1, 85)),
    "service":  ("service",  (1, 87)),
}

#: ``abort`` from these states came later than the verb itself
ABORT_SINCE = {INSPECTWAIT: (1, 41), DEPLOYWAIT: (1, 110)}

#: events that only the engine raises; as a ``target`` they are refused
INTERNAL_EVENTS = frozenset({"done", "fail", "wait", "resume", "hold"})

#: a node in one of these may be deleted outside maintenance
DELETABLE = frozenset({MANAGEABLE, ENROLL, ADOPTFAIL, AVAILABLE})
#: while on its way (a target is set) a node may be patched only in these
UPDATABLE = frozenset({DEPLOYFAIL, INSPECTING, INSPECTFAIL, INSPECTWAIT, CLEANFAIL, ERROR, VERIFYING, ADOPTFAIL,
                       RESCUEFAIL, UNRESCUEFAIL, SERVICEHOLD, SERVICEFAIL})
#: driver interfaces and resource class of a node may change in these (interfaces: or in maintenance)
REARRANGEABLE = frozenset({ENROLL, INSPECTING, INSPECTWAIT, MANAGEABLE, AVAILABLE})
#: connectivity fields of a port may change in these, or in maintenance
REWIRABLE = frozenset({ENROLL, INSPECTING, INSPECTWAIT, MANAGEABLE})
#: a node may become protected only in these
PROTECTABLE = frozenset({ACTIVE, RESCUE})

POWER_ON, POWER_OFF, POWER_ERROR = "power on", "power off", "error"
#: ``target`` of PUT states/power: (state that it ends in, microversion that brought it)
POWER_TARGETS = {
    "power on":       (POWER_ON,  (1, 1)),
    "power off":      (POWER_OFF, (1, 1)),
    "rebooting":      (POWER_ON,  (1, 1)),
    "soft rebooting": (POWER_ON,  (1, 27)),
    "soft power off": (POWER_OFF, (1, 27)),
}

FAULT_POWER   = "power failure"
FAULT_CLEAN   = "clean failure"
FAULT_RESCUE  = "rescue abort failure"
FAULT_SERVICE = "service failure"
FAULTS = (FAULT_POWER, FAULT_CLEAN, FAULT_RESCUE, FAULT_SERVICE)
# fmt: on


def kind(state: str) -> str:
    """Return whether ``state`` is stable, moving, waiting, held or failed."""
    return STATES[state][0]


def after(state: str, event: str) -> str | None:
    """Return the state that ``event`` leads to, or None where it is not legal."""
    return NEXT.get((state, event))


def target(state: str) -> str | None:
    """Return the stable state that ``state`` is on its way to; None for stable states."""
    return TARGETS.get(state)


def verbs(state: str) -> list[str]:
    """Return the verbs (aliases left out) that are legal in ``state``."""
    seen: dict[str, str] = {}
    for verb, (event, _since) in VERBS.items():
        if (state, event) in NEXT and event not in seen.values():
            seen[verb] = event
    return sorted(seen)


def drawing() -> str:
    """Return the table as a Markdown page with a Mermaid state diagram."""
    names = {state: state.replace(" ", "_").replace("-", "_") for state in STATES}
    lines = ["# The life of a node", "", "Drawn by `python -m baremetal.states > docs/states.md`; do not edit.", "",
             "```mermaid", "stateDiagram-v2"]
    lines += [f"    {names[state]}: {state}" for state in STATES]
    lines += [f"    {names[was]} --> {names[to]}: {event}" for (was, event), to in NEXT.items()]
    lines += ["```", "", "| state | kind | target | time-out | verbs | meaning |", "|---|---|---|---|---|---|"]
    for state, (sort, sentence) in STATES.items():
        bound = f"`[conductor]{TIMEOUTS[state]}`" if state in TIMEOUTS else ""
        lines.append(f"| {state} | {sort} | {target(state) or ''} | {bound} | {', '.join(verbs(state))} | {sentence} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(drawing(), end="")
