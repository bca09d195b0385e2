"""What may keep brandlens from running here, and the mend: versions, cores, memory, devices, encodings."""
