"""The tables. JSON columns are stored as text, so that the API can pass them through unread.

Times are naive UTC with microseconds. ``id`` is the order of insertion and never shown.
Secrets of dict columns are stored apart (``*_secrets``), so that no answer can show them by mistake.
"""

import typing

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

METADATA = sa.MetaData(naming_convention={
    "ix": "ix_%(table_name)s_%(column_0_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s", "pk": "pk_%(table_name)s"})

LONG = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# names differ by case on every database, as they do on SQLite and PostgreSQL
MYSQL: dict[str, typing.Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}

INTERFACES = ("bios", "boot", "console", "deploy", "firmware", "inspect", "management", "network", "power", "raid",
              "rescue", "storage", "vendor")


def _id() -> sa.Column[typing.Any]:
    return sa.Column("id", BIG, primary_key=True, autoincrement=True)


def _uuid() -> sa.Column[typing.Any]:
    return sa.Column("uuid", sa.String(36), nullable=False, unique=True)


def _times() -> list[sa.Column[typing.Any]]:
    return [sa.Column("created_at", TIME), sa.Column("updated_at", TIME)]


def _of_node(**kw: typing.Any) -> sa.Column[typing.Any]:
    return sa.Column("node_id", BIG, sa.ForeignKey("nodes.id", ondelete="CASCADE"), nullable=False, **kw)


CHASSIS = sa.Table(
    "chassis", METADATA, _id(), _uuid(), *_times(),
    sa.Column("description", sa.String(255)),
    sa.Column("extra", LONG),
    **MYSQL)

# fmt: off
NODES = sa.Table(
    "nodes", METADATA, _id(), _uuid(), *_times(),
    sa.Column("name", sa.String(255), unique=True),
    sa.Column("chassis_id", BIG, sa.ForeignKey("chassis.id"), index=True),
    sa.Column("driver", sa.String(255), nullable=False),
    sa.Column("driver_info", LONG), sa.Column("driver_info_secrets", LONG),
    sa.Column("driver_internal_info", LONG), sa.Column("driver_internal_info_secrets", LONG),
    sa.Column("properties", LONG),
    sa.Column("instance_info", LONG), sa.Column("instance_info_secrets", LONG),
    sa.Column("instance_uuid", sa.String(36), unique=True),
    sa.Column("instance_name", sa.String(255), index=True),
    sa.Column("extra", LONG),
    sa.Column("network_data", LONG),
    sa.Column("power_state", sa.String(15)),
    sa.Column("target_power_state", sa.String(15)),
    sa.Column("provision_state", sa.String(15), nullable=False, index=True),
    sa.Column("target_provision_state", sa.String(15)),
    sa.Column("provision_updated_at", TIME),
    sa.Column("last_error", LONG),
    sa.Column("maintenance", sa.Boolean, nullable=False, default=False),
    sa.Column("maintenance_reason", LONG),
    sa.Column("fault", sa.String(255)),
    sa.Column("console_enabled", sa.Boolean, nullable=False, default=False),
    sa.Column("clean_step", LONG), sa.Column("deploy_step", LONG), sa.Column("service_step", LONG),
    sa.Column("raid_config", LONG), sa.Column("target_raid_config", LONG),
    sa.Column("inspection_started_at", TIME), sa.Column("inspection_finished_at", TIME),
    sa.Column("resource_class", sa.String(80), index=True),
    *[sa.Column(f"{kind}_interface", sa.String(255)) for kind in INTERFACES],
    sa.Column("conductor_group", sa.String(255), nullable=False, default=""),
    sa.Column("automated_clean", sa.Boolean),
    sa.Column("protected", sa.Boolean, nullable=False, default=False),
    sa.Column("protected_reason", LONG),
    sa.Column("owner", sa.String(255), index=True),
    sa.Column("lessee", sa.String(255), index=True),
    sa.Column("description", LONG),
    sa.Column("allocation_uuid", sa.String(36)),
    sa.Column("retired", sa.Boolean, nullable=False, default=False),
    sa.Column("retired_reason", LONG),
    sa.Column("boot_mode", sa.String(16)),
    sa.Column("secure_boot", sa.Boolean),
    sa.Column("shard", sa.String(255), index=True),
    sa.Column("parent_node", sa.String(36), index=True),
    sa.Column("disable_power_off", sa.Boolean, nullable=False, default=False),
    sa.Column("health", sa.String(36)),
    # the lease: who holds the node, under which token, for what, since when, until when (docs/decisions)
    sa.Column("reservation", sa.String(255), index=True),
    sa.Column("lease_token", sa.String(64)),
    sa.Column("lease_epoch", BIG),
    sa.Column("lease_why", sa.String(255)),
    sa.Column("lease_since", TIME),
    sa.Column("lease_deadline", TIME),
    # grows with every change a client makes, so that two of them cannot overwrite each other
    sa.Column("generation", sa.Integer, nullable=False, default=0),
    **MYSQL)
# fmt: on

TRAITS = sa.Table(
    "node_traits", METADATA, _of_node(primary_key=True),
    sa.Column("trait", sa.String(255), primary_key=True),
    **MYSQL)

PORTS = sa.Table(
    "ports", METADATA, _id(), _uuid(), *_times(),
    _of_node(index=True),
    sa.Column("address", sa.String(18), nullable=False, unique=True),
    sa.Column("name", sa.String(255), unique=True),
    sa.Column("description", sa.String(255)),
    sa.Column("extra", LONG),
    sa.Column("internal_info", LONG),
    sa.Column("local_link_connection", LONG),
    sa.Column("pxe_enabled", sa.Boolean, nullable=False, default=True),
    sa.Column("portgroup_uuid", sa.String(36), index=True),
    sa.Column("physical_network", sa.String(64)),
    sa.Column("is_smartnic", sa.Boolean, nullable=False, default=False),
    sa.Column("vendor", sa.String(32)),
    sa.Column("category", sa.String(80)),
    sa.Column("available_for_dynamic_portgroup", sa.Boolean, nullable=False, default=True),
    **MYSQL)

CONDUCTORS = sa.Table(
    "conductors", METADATA, _id(), *_times(),
    sa.Column("hostname", sa.String(255), nullable=False, unique=True),
    sa.Column("conductor_group", sa.String(255), nullable=False, default=""),
    # grows at every start, so that an old process cannot speak for its successor
    sa.Column("epoch", BIG, nullable=False),
    sa.Column("online", sa.Boolean, nullable=False),
    sa.Column("heartbeat_at", TIME, nullable=False),
    **MYSQL)

#: what each conductor serves: the API knows drivers only from here
HARDWARE = sa.Table(
    "conductor_hardware", METADATA,
    sa.Column("conductor_id", BIG, sa.ForeignKey("conductors.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("driver", sa.String(255), primary_key=True),
    # {"<kind>": {"default": name or null, "enabled": [names]}}
    sa.Column("interfaces", LONG, nullable=False),
    # {"<key>": "<sentence>"}
    sa.Column("properties", LONG, nullable=False),
    **MYSQL)

HISTORY = sa.Table(
    "node_history", METADATA, _id(), _uuid(),
    _of_node(index=True),
    sa.Column("created_at", TIME, nullable=False),
    sa.Column("severity", sa.String(10), nullable=False),
    sa.Column("event_type", sa.String(40), nullable=False),
    sa.Column("event", LONG, nullable=False),
    sa.Column("conductor", sa.String(255)),
    sa.Column("user", sa.String(255)),
    sa.Column("project", sa.String(255)),
    sa.Column("request_id", sa.String(64)),
    sa.Column("was", sa.String(15)),
    sa.Column("state", sa.String(15)),
    sa.Column("target_provision_state", sa.String(15)),
    sa.Column("duration_seconds", sa.Integer),
    **MYSQL)

FLOWS = sa.Table(
    "flows", METADATA, _id(), _uuid(),
    _of_node(index=True),
    sa.Column("verb", sa.String(40), nullable=False),
    sa.Column("params", LONG),
    # running, waiting, held, done, failed, aborted
    sa.Column("state", sa.String(15), nullable=False, index=True),
    sa.Column("conductor", sa.String(255), nullable=False),
    sa.Column("epoch", BIG, nullable=False),
    sa.Column("context", LONG),
    sa.Column("created_at", TIME, nullable=False),
    sa.Column("updated_at", TIME, nullable=False),
    sa.Column("finished_at", TIME),
    # when the present waiting fails
    sa.Column("deadline", TIME, index=True),
    sa.Column("awaits", sa.String(255)),
    sa.Column("abort_after", sa.Boolean, nullable=False, default=False),
    sa.Column("error", LONG),
    **MYSQL)

STEPS = sa.Table(
    "flow_steps", METADATA, _id(),
    sa.Column("flow_id", BIG, sa.ForeignKey("flows.id", ondelete="CASCADE"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("step", LONG, nullable=False),
    # planned, started, waiting, done, failed, undone
    sa.Column("state", sa.String(15), nullable=False),
    sa.Column("started_at", TIME),
    sa.Column("finished_at", TIME),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("facts", LONG),
    sa.Column("error", LONG),
    sa.UniqueConstraint("flow_id", "position", name="uq_flow_steps_place"),
    **MYSQL)

MILESTONES = sa.Table(
    "milestones", METADATA, _id(),
    _of_node(),
    sa.Column("flow_id", BIG, sa.ForeignKey("flows.id", ondelete="CASCADE"), index=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("at", TIME, nullable=False),
    sa.Column("facts", LONG),
    sa.Index("ix_milestones_node", "node_id", "at"),
    **MYSQL)

#: what agents reported of a node: the report that waits to be processed, and what came of the last one
INVENTORY = sa.Table(
    "node_inventory", METADATA, _of_node(primary_key=True), *_times(),
    # the report as it came; gone when it has been processed
    sa.Column("pending", LONG),
    sa.Column("inventory", LONG),
    sa.Column("plugin_data", LONG),
    **MYSQL)

PORTGROUPS = sa.Table(
    "portgroups", METADATA, _id(), _uuid(), *_times(),
    _of_node(index=True),
    sa.Column("name", sa.String(255), unique=True),
    sa.Column("address", sa.String(18), unique=True),
    sa.Column("extra", LONG),
    sa.Column("internal_info", LONG),
    sa.Column("standalone_ports_supported", sa.Boolean, nullable=False, default=True),
    sa.Column("mode", sa.String(255)),
    sa.Column("properties", LONG),
    sa.Column("physical_network", sa.String(64)),
    sa.Column("category", sa.String(80)),
    sa.Column("dynamic_portgroup", sa.Boolean, nullable=False, default=False),
    **MYSQL)

VOLUME_CONNECTORS = sa.Table(
    "volume_connectors", METADATA, _id(), _uuid(), *_times(),
    _of_node(index=True),
    sa.Column("type", sa.String(32), nullable=False),
    sa.Column("connector_id", sa.String(255), nullable=False),
    sa.Column("extra", LONG),
    sa.UniqueConstraint("type", "connector_id", name="uq_volume_connectors_name"),
    **MYSQL)

VOLUME_TARGETS = sa.Table(
    "volume_targets", METADATA, _id(), _uuid(), *_times(),
    _of_node(),
    sa.Column("volume_type", sa.String(64), nullable=False),
    sa.Column("volume_id", sa.String(36), nullable=False),
    sa.Column("boot_index", sa.Integer, nullable=False),
    sa.Column("properties", LONG), sa.Column("properties_secrets", LONG),
    sa.Column("extra", LONG),
    sa.UniqueConstraint("node_id", "boot_index", name="uq_volume_targets_place"),
    **MYSQL)

ALLOCATIONS = sa.Table(
    "allocations", METADATA, _id(), _uuid(), *_times(),
    sa.Column("name", sa.String(255), unique=True),
    # the node that it has, or is about to have
    sa.Column("node_id", BIG, sa.ForeignKey("nodes.id", ondelete="CASCADE"), unique=True),
    # allocating, active, error
    sa.Column("state", sa.String(15), nullable=False, index=True),
    sa.Column("last_error", LONG),
    sa.Column("owner", sa.String(255), index=True),
    sa.Column("resource_class", sa.String(80), index=True),
    # lists as JSON; candidates are UUIDs in the client's order
    sa.Column("traits", LONG),
    sa.Column("candidate_nodes", LONG),
    sa.Column("extra", LONG),
    # the conductor that looks for its node, and under which epoch
    sa.Column("conductor", sa.String(255)),
    sa.Column("epoch", BIG),
    **MYSQL)

DEPLOY_TEMPLATES = sa.Table(
    "deploy_templates", METADATA, _id(), _uuid(), *_times(),
    sa.Column("name", sa.String(255), nullable=False, unique=True),
    # [{"interface", "step", "args", "priority"}]
    sa.Column("steps", LONG, nullable=False), sa.Column("steps_secrets", LONG),
    sa.Column("extra", LONG),
    **MYSQL)

RUNBOOKS = sa.Table(
    "runbooks", METADATA, _id(), _uuid(), *_times(),
    sa.Column("name", sa.String(255), nullable=False, unique=True),
    sa.Column("description", sa.String(255)),
    # [{"interface", "step", "args", "order"}]
    sa.Column("steps", LONG, nullable=False), sa.Column("steps_secrets", LONG),
    sa.Column("disable_ramdisk", sa.Boolean, nullable=False, default=False),
    sa.Column("public", sa.Boolean, nullable=False, default=False),
    sa.Column("owner", sa.String(255), index=True),
    sa.Column("extra", LONG),
    **MYSQL)

RUNBOOK_TRAITS = sa.Table(
    "runbook_traits", METADATA,
    sa.Column("runbook_id", BIG, sa.ForeignKey("runbooks.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("trait", sa.String(255), primary_key=True),
    **MYSQL)

INSPECTION_RULES = sa.Table(
    "inspection_rules", METADATA, _id(), _uuid(), *_times(),
    sa.Column("description", sa.String(255)),
    sa.Column("priority", sa.Integer, nullable=False, default=0),
    sa.Column("phase", sa.String(16), nullable=False, default="main"),
    sa.Column("sensitive", sa.Boolean, nullable=False, default=False),
    sa.Column("conditions", LONG),
    sa.Column("actions", LONG, nullable=False),
    **MYSQL)

#: what the interface ``bios`` read last
BIOS_SETTINGS = sa.Table(
    "bios_settings", METADATA, _of_node(primary_key=True),
    sa.Column("name", sa.String(255), primary_key=True), *_times(),
    sa.Column("value", LONG),
    sa.Column("attribute_type", sa.String(255)),
    sa.Column("allowable_values", LONG),
    sa.Column("lower_bound", sa.Integer), sa.Column("upper_bound", sa.Integer),
    sa.Column("min_length", sa.Integer), sa.Column("max_length", sa.Integer),
    sa.Column("read_only", sa.Boolean), sa.Column("reset_required", sa.Boolean), sa.Column("unique", sa.Boolean),
    **MYSQL)

#: what the interface ``firmware`` read last
FIRMWARE = sa.Table(
    "firmware_components", METADATA, _of_node(primary_key=True),
    sa.Column("component", sa.String(255), primary_key=True), *_times(),
    sa.Column("initial_version", sa.String(255)),
    sa.Column("current_version", sa.String(255)),
    sa.Column("last_version_flashed", sa.String(255)),
    sa.Column("vendor", sa.String(255)), sa.Column("model", sa.String(255)), sa.Column("serial_number", sa.String(255)),
    **MYSQL)

#: what has happened to anything, for those who follow it live; kept for a while, also of what is gone
EVENTS = sa.Table(
    "events", METADATA, _id(),
    sa.Column("at", TIME, nullable=False, index=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("uuid", sa.String(36), nullable=False),
    sa.Column("name", sa.String(255)),
    sa.Column("node_uuid", sa.String(36)),
    sa.Column("owner", sa.String(255)),
    sa.Column("lessee", sa.String(255)),
    sa.Column("request_id", sa.String(64)),
    sa.Column("user", sa.String(255)),
    sa.Column("facts", LONG),
    **MYSQL)
