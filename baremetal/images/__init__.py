"""Images: fetched once, checked, made raw and kept. Knows no node, no database, no wire but that of file servers."""
