"""Studies in a database: SQLite or PostgreSQL, shared by any number of processes."""
