"""What may keep brandlens from running here, and the fix: versions, cores, memory, devices, encodings."""
