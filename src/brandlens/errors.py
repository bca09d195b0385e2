"""What a user can mend: each error is one line that names the file, the place and the mend."""


class UserError(Exception):
    """Shown as one line, without a traceback; the command exits with code 2."""


class ParamsError(UserError):
    """params.yaml holds something it should not; the message names the key and what is allowed."""


class PictureError(UserError):
    """A picture that cannot be read or is refused; the message names the file."""


class AnnotationError(UserError):
    """An annotation file that cannot be read as such; the message names the file and the place in it."""


class ModelError(UserError):
    """A folder that is not a model that `brandlens` exported, or one of another version."""
