"""Boot services against real network boot: dnsmasq on a wire of its own. Needs root."""
