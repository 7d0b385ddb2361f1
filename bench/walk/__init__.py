"""The walk: a real loan tape is imported, every day of a quarter is closed, people are played, and all of it is compared."""
