"""The tests of the house. A package, so that helpers are found by name: ``from tests.services import mariadb``."""
