"""The command line: runs trained models on pictures, videos and reviews, on the light libraries alone.

Progress bars are drawn here and in pipelines/ alone. A library function that takes long has a parameter
`progress: Callable[[Iterable[T]], Iterable[T]]`, through which it passes the items it goes over; a caller that shows a
bar gives it tqdm, and the default returns the items as they are.
"""
