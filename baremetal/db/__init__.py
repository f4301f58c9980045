"""State in SQL: engine, tables, and one file of queries per table. Knows no driver and no HTTP."""
