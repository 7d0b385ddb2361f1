"""The case before the court: file, exhibits, packs, the lawyer's decision."""
