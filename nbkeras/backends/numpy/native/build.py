"""Builds the native kernels while nbkeras is installed, where there is a C compiler; without one NumPy does all.

In a checkout, `python nbkeras/backends/numpy/native/build.py [FLAG …]` builds them anew.
"""

import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path(__file__).parent
LIBRARY = "kernels.so"
FLAGS = (
    "-std=gnu11 -O3 -fPIC -shared -pthread -fvisibility=default -ffp-contract=fast -fno-math-errno -fno-trapping-math "
    "-Wall -Wextra -Werror=implicit-function-declaration"
).split()
ONCE = ("loops.c", "parallel.c", "program.c", "variant.c")  # the other files are compiled once for each variant
VARIANTS = {
    "x86_64": {
        "avx512": "-DLANES=16 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mprefer-vector-width=512",
        "avx2": "-DLANES=8 -mavx2 -mfma",
        "baseline": "-DLANES=4",
    },
}
ELSEWHERE = {"baseline": "-DLANES=4"}


class NativeBuildHook(BuildHookInterface):
    """Adds the library of kernels to a wheel, or puts it into the checkout of an editable install."""

    def initialize(self, version, build_data):
        if version == "editable":
            self._compile(FOLDER / LIBRARY)
            return
        self.temporary = tempfile.mkdtemp()
        library = Path(self.temporary, LIBRARY)
        if self._compile(library):
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
            build_data["force_include"][str(library)] = f"nbkeras/backends/numpy/native/{LIBRARY}"

    def finalize(self, version, build_data, artifact_path):
        if version != "editable":
            shutil.rmtree(self.temporary)

    def _compile(self, library):
        try:
            compile_kernels(library)
        except (OSError, subprocess.CalledProcessError) as reason:
            detail = getattr(reason, "stderr", "") or reason
            self.app.display_warning(f"nbkeras runs without native kernels, which could not be compiled: {detail}")
            return False
        return True


def compile_kernels(library, flags=()):
    """Compiles all variants into `library`; raises what the compiler's absence or failure raises."""
    if os.name != "posix":
        raise OSError("the kernels need POSIX threads")
    compiler = shlex.split(os.environ.get("CC", "cc"))
    variants = VARIANTS.get(platform.machine(), ELSEWHERE)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(FOLDER / name, "once", flags) for name in ONCE]
        for variant, extra in variants.items():
            own = [f"-DVARIANT={variant}", *extra.split(), *flags]
            jobs += [(source, variant, own) for source in sorted(FOLDER.glob("*.c")) if source.name not in ONCE]
        objects = list(pool.map(lambda job: _object(compiler, folder, *job), jobs))
        part = Path(folder, LIBRARY)
        _run([*compiler, *FLAGS, *flags, *objects, "-lm", "-o", str(part)])
        shutil.copyfile(part, f"{library}.new")
        os.replace(f"{library}.new", library)  # a running process keeps the old one


def _object(compiler, folder, source, variant, flags):
    target = str(Path(folder, f"{source.stem}_{variant}.o"))
    _run([*compiler, *[f for f in FLAGS if f != "-shared"], *flags, "-c", str(source), "-o", target])
    return target


def _run(command):
    subprocess.run(command, check=True, capture_output=True, text=True)


if __name__ == "__main__":
    try:
        compile_kernels(FOLDER / LIBRARY, sys.argv[1:])
    except subprocess.CalledProcessError as failure:
        sys.exit(failure.stderr)
