#!/usr/bin/env bash
# Run by Gradescope, as root, once, when the image is made: Python, CPU wheels, the grader.
set -euo pipefail
source=/autograder/source
cd "$source/course"

command -v uv >/dev/null || python3 -m pip install --quiet uv || python3 -m pip install --quiet --break-system-packages uv
# Where the user that student code runs as can read: not below root's home.
export UV_PYTHON_INSTALL_DIR=/opt/python UV_CACHE_DIR=/tmp/uv-cache VIRTUAL_ENV=/opt/grader
uv venv --python 3.12 /opt/grader
uv pip install --torch-backend=cpu -r pyproject.toml
uv pip install --no-deps .
rm -rf /tmp/uv-cache build

bash "$source/lock.sh" "$source"
