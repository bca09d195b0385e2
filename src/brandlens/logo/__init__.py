"""The logo side: crops, augmentation, the networks, the scan of whole pictures and the detector that users run."""
