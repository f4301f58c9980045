"""The services beside us in a cloud: the real ones where they run here from PyPI, else recorded answers over HTTP."""
