"""What comes in as a file: reading rows, mapping them to records, setting bad rows aside. No database here.

`reader` gives the rows of a CSV, CSV.gz, XLSX or Parquet file; `mapping` (a TOML file) turns them into the
`records`; what cannot be used comes back as a `rejects.Reject`. `services/ingest.py` writes the records.
"""
