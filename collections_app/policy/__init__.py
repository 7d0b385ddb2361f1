"""Law and house policy as data: ladders, rule presets and calendars in TOML, and what reads them."""
