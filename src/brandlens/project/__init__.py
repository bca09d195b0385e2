"""Projects of one's own: look at labelled pictures and reviews, choose what suits them, write what `dvc repro` runs.

A project has the files of the repository, as the package carries them (`brandlens.config.packaged`): the repository
itself is one.
"""
