"""rebuild: a node is deployed again, over what it carries."""

from baremetal.conductor.verbs import deploy


class Rebuild(deploy.Deploy):
    """active, deploy failed, error → deploying → active."""

    event, name, on_protected = "rebuild", "rebuild", False
