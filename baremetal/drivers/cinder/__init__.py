"""Storage by the cloud's block storage service."""
