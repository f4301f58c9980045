"""The tests of the house. A package, so that what they share has a name: ``tests.services.mariadb``."""
