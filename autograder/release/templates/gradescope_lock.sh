#!/usr/bin/env bash
# lock.sh FOLDER: leave the answers to the grader's user alone, and let others read no more than the data and the way to it.
set -euo pipefail
cd "$1"
chmod -R u=rwX,go= .
chmod go=x . course
chmod -R go=rX course/datasets
