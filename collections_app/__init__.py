"""The collections back office: a loan in arrears from its first reminder to its last page."""
