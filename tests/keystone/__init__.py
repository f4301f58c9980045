"""Our service before a real Keystone: real tokens of all kinds."""
