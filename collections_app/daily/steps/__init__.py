"""One file per step of the day."""
