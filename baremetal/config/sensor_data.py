"""Section sensor_data: what sensors measure, sent to the message bus for telemetry."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.BoolOpt("send_sensor_data", default=False,
                help="Whether conductors read the sensors of their nodes and send what they say as notifications."),
    cfg.IntOpt("interval", default=600, min=1, help="Seconds between two readings."),
    cfg.ListOpt("data_types", default=["ALL"],
                help="Types of sensors that are sent, such as Temperature, Fan; ALL is every type."),
    cfg.BoolOpt("enable_for_nodes", default=True, help="Whether nodes' sensors are read at all."),
    cfg.BoolOpt("enable_for_undeployed_nodes", default=False,
                help="Whether also nodes without an instance are read."),
]
