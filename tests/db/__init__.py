"""What the database layer promises, on SQLite, MariaDB and PostgreSQL."""
