#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes everything of the demo again: held-out messages, tokenizer, model, expected results; then tests it.
# Needs Debian's python3-torch; libopenblas0-pthread makes it fifteen times as fast.
set -euo pipefail
cd "$(dirname "$0")"
# Small matrices gain nothing from more threads.
export OMP_NUM_THREADS=1
for step in generate_data train_tokenizer train evaluate; do
  /usr/bin/python3 "$step.py"
done
/usr/bin/python3 -m unittest test_demo
