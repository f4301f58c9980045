"""Deploys that go wrong: what is said, what is left, and that there is a way back."""
