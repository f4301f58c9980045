"""Section api: where the REST API listens and what it bounds."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.HostAddressOpt("host_ip", default="127.0.0.1", help="Address the API listens on; loopback until told otherwise."),
    cfg.PortOpt("port", default=6385, help="Port the API listens on."),
    cfg.HostAddressOpt("agents_host_ip", default="127.0.0.1",
                       help="Address of the agents' listener, on the provisioning network: lookup, heartbeat and "
                            "inspection reports, nothing else."),
    cfg.PortOpt("agents_port", default=6386, help="Port of the agents' listener; 0 for none."),
    cfg.StrOpt("agents_url", default="",
               help="URL under which agents reach it. Default: made of agents_host_ip and agents_port."),
    cfg.BoolOpt("restrict_lookup", default=True,
                help="Whether agents may look up only nodes that await one."),
    cfg.IntOpt("ramdisk_heartbeat_timeout", default=300, min=1,
               help="Seconds within which an agent must call back; it does so after 0.3 to 0.6 of them."),
    cfg.IntOpt("max_streams", default=16, min=0, help="Live event streams that one API process serves at once."),
    cfg.IntOpt("stream_seconds", default=3600, min=1,
               help="Seconds after which a live event stream is ended; its client comes again and goes on from there."),
    cfg.IntOpt("events_kept_seconds", default=86400, min=0,
               help="Seconds for which events are kept, so that who has lost the stream can go on in it; 0 keeps "
                    "none, and nothing is streamed but what happens to single nodes."),
    cfg.IntOpt("threads", default=16, min=1, help="Requests that one API process works on at once."),
    cfg.IntOpt("max_limit", default=1000, min=1, help="Most items that one page of a collection holds."),
    cfg.URIOpt("public_endpoint", help="Base of the links in answers; without it the request's own host."),
    cfg.ListOpt("disallowed_enrollment_boot_modes", default=[],
                help="Boot modes (bios, uefi) that the capabilities of nodes must not name."),
    cfg.BoolOpt("project_admin_can_manage_own_nodes", default=True,
                help="Whether admins of a project may enrol nodes that it owns, and delete them."),
    cfg.IntOpt("max_json_body_depth", default=25, min=1, help="Deepest nesting of a request body."),
    cfg.IntOpt("max_json_body_size", default=1024, min=1, help="Largest request body, in KiB."),
    cfg.IntOpt("max_json_body_size_provision", default=65536, min=1,
               help="Largest request body of provision calls (they carry config drives), in KiB."),
    cfg.IntOpt("max_json_body_size_inspection", default=16384, min=1,
               help="Largest request body of inspection data, in KiB."),
    cfg.IntOpt("auth_cache_seconds", default=300, min=0,
               help="Seconds for which a checked password is remembered (as a keyed hash), since checking "
                    "bcrypt takes a tenth of a second."),
]
