"""Several processes over RabbitMQ, with MariaDB and with PostgreSQL."""
