"""SQLite and no nouns: connections, migrations, and who waits for what to change."""
