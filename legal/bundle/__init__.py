"""The evidence pack: from a manifest of facts to one PDF and one ZIP that anybody can check."""
