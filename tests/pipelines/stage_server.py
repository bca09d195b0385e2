"""One process that runs the scripts of stages in turn, so that TensorFlow is loaded once: it takes seconds.

`python stage_server.py serve FOLDER` runs what `python stage_server.py run FOLDER script` asks for, by a socket in that
folder; the latter ends with the script's exit code. Every script imports the project's modules anew. Keras builds no
graphs, which take longer than a training of a few steps.
"""

import os
import runpy
import sys
import threading
import traceback
from multiprocessing.connection import Client, Listener
from pathlib import Path


def serve(folder: str) -> None:
    """Run scripts until standard input ends, as it does with the process that started this one."""
    threading.Thread(target=lambda: sys.stdin.read() or os._exit(0), daemon=True).start()
    with Listener(f"{folder}/socket") as listener:
        from brandlens import training  # noqa: F401, loads Keras without its noise

        # isort: split
        import keras

        keras.Model.run_eagerly = property(lambda _: True, lambda *_: None)
        while True:
            with listener.accept() as connection:
                connection.send(run(*connection.recv()))


def run(folder: bytes, path: str) -> int:
    """Run a script as `python path` does; return its exit code."""
    for name in [name for name in sys.modules if name.split(".")[0] == "brandlens"]:
        del sys.modules[name]
    os.chdir(folder)
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def ask(folder: str, path: str) -> int:
    """Have a script run in this process' folder; return its exit code. Prints what the server did last if it fails."""
    code = 1
    try:
        with Client(f"{folder}/socket") as connection:
            connection.send((os.fsencode(Path.cwd()), path))
            code = int(connection.recv())
    finally:
        if code:
            print(Path(folder, "log.txt").read_text(encoding="utf-8", errors="replace")[-3000:])
    return code


if __name__ == "__main__":
    command, *words = sys.argv[1:]
    sys.exit(serve(*words) if command == "serve" else ask(*words))
