"""What the stages wrote about a run → pages for people, and runs beside each other.

`load` and `compare` need numpy only; the pages are Jinja2 templates, filled from files alone, so they are rebuilt
without a model. Charts are drawn as SVG here and not by matplotlib: they follow the reader's light or dark screen, and
a threshold can be moved in them. The script is plain JavaScript, a hundred lines that a page can hold: no library is
worth a page that has to be online.
"""
