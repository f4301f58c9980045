"""``/ops``: what v1 does not have, versioned by itself and described by OpenAPI."""

from baremetal.api.ops import events, fleet, happenings, hardware, openapi, reference, timeline

__all__ = ["events", "fleet", "happenings", "hardware", "openapi", "reference", "timeline"]
