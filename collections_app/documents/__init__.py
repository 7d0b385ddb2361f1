"""Papers: rendered from our templates, hashed, written whole or not at all."""
