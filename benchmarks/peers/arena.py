"""What ONNX Runtime's arena gives and takes: the time of a run for one row, and what stays resident after a batch.

Usage: target/peers/fastapi/bin/python benchmarks/peers/arena.py ROWS MODEL.onnx ...
(benchmarks/run --peers installs that Python environment. Linux.)
"""

import json
import os
import statistics
import subprocess
import sys
import time

import numpy
import onnxruntime

WAYS = ("none", "arena", "shrunk")  # shrunk: the arena gives back after each run what it has too much
SECONDS = 2
TYPES = {
    "tensor(float)": numpy.float32,
    "tensor(double)": numpy.float64,
    "tensor(int32)": numpy.int32,
    "tensor(int64)": numpy.int64,
}


def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def ones(session, rows):
    """A tensor for each input, whose open dimensions are that long."""
    return {
        each.name: numpy.ones([d if isinstance(d, int) else rows for d in each.shape], TYPES[each.type])
        for each in session.get_inputs()
    }


def measure(way, rows, model):
    """In a process that has done nothing else. Without an arena the session's options are the gateway's for a small model; patterns of memory need one."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = options.enable_mem_pattern = way != "none"
    run = onnxruntime.RunOptions()
    if way == "shrunk":
        run.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    one, many = ones(session, 1), ones(session, rows)
    times = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        began = time.perf_counter()
        session.run(None, one, run)
        times.append(time.perf_counter() - began)
    before = resident_mb()
    session.run(None, many, run)
    for _ in range(10):
        session.run(None, one, run)
    return {"micros": statistics.median(times) * 1e6, "kept_mb": resident_mb() - before}


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    if sys.argv[1] in WAYS:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
        sys.exit()
    rows, models = sys.argv[1], sys.argv[2:]
    print(f"{'model':40} {'arena':8} {'µs a run':>10} {'MB kept':>10}")
    for model in models:
        for way in WAYS:
            said = subprocess.run([sys.executable, __file__, way, rows, model], check=True, capture_output=True, text=True)
            figures = json.loads(said.stdout)
            print(f"{model[-40:]:40} {way:8} {figures['micros']:10.1f} {figures['kept_mb']:10.1f}", flush=True)
