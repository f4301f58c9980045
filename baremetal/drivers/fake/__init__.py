"""The fakes: interfaces without hardware. docs/fake.md says how to make them slow, fail or wait."""
