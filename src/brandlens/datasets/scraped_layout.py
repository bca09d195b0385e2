"""Names of what a folder holds that `brandlens logo collect` fills."""

PICTURES = "pictures"  # to be labelled
NEGATIVES = "negatives"  # without the logo, as their queries say
FRESH = ".fetched"  # not decided on yet
PARQUET, CSV, ATTRIBUTION = "manifest.parquet", "manifest.csv", "ATTRIBUTION.md"
JOURNAL, LOCK = "journal.jsonl", ".lock"
