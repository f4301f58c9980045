"""One file per provisioning verb, and the table of them by their event."""

from baremetal.conductor import verb
from baremetal.conductor.verbs import (
    abort,
    adopt,
    clean,
    delete,
    deploy,
    inspect,
    manage,
    provide,
    rebuild,
    rescue,
    service,
    unhold,
    unrescue,
)

#: event: verb
TABLE: verb.Table = {work.event: work for work in (
    abort.Abort(), adopt.Adopt(), clean.Clean(), delete.Delete(), deploy.Deploy(), inspect.Inspect(), manage.Manage(),
    provide.Provide(), rebuild.Rebuild(), rescue.Rescue(), service.Service(), unhold.Unhold(), unrescue.Unrescue())}
