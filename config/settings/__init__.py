"""One file per environment: `dev` (a laptop), `test`, `production`; what they share is in `base`."""
