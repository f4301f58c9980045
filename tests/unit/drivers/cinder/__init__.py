"""Storage by Cinder."""
