"""How bytes reach a player. Knows no database: values in, bytes out."""
