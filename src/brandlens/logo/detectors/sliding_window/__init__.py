"""A classifier slid over a picture: fully convolutional, or window by window."""
