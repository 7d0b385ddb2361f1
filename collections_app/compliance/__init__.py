"""The gate: what may leave, what may not, and why. Law is data; this floor knows rule types, never a country."""
