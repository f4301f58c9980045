"""What has happened is told: kept for live streams (``outbox.py``). Whoever tells waits for nobody."""
