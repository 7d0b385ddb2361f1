"""The closing of a day: the list of steps, their windows, their checkpoints."""
