"""How a picture is fetched from a stranger's server: politely, within limits, and believed only when it decodes."""
