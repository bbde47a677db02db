"""SQL. Functions take a Session and never commit; `db.Database` opens, commits and rolls back."""
