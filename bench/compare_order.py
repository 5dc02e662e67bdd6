"""Compares the order of an epoch with the list that PyTorch's RandomSampler keeps: compare_order.py PLAN_BENCH [ROUNDS]

For each size, in turns: the first to the last id of a shuffled epoch by slabring's permutation, by std::shuffle of a list,
and by `torch.randperm(n).tolist()`, which is what RandomSampler does before the first sample. Medians of CPU time of the
rounds, and the memory that each of the lists takes (for PyTorch the growth of the peak resident set of a fresh process).
"""
import json
import statistics
import subprocess
import sys

bench = sys.argv[1]
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
SIZES = (1_000_000, 100_000_000)

TORCH = """
import resource, sys, time, torch
torch.set_num_threads(1)
n = int(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begin = time.process_time()
order = torch.randperm(n, generator=torch.Generator().manual_seed(1)).tolist()
for sample in order: pass
print(time.process_time() - begin, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def torch_list(size):
    words = subprocess.run([sys.executable, "-c", TORCH, str(size)], check=True, capture_output=True, text=True).stdout.split()
    return float(words[0]), float(words[1])


def slabring(name, size):
    arguments = [f"--benchmark_filter=^{name}/{size}$", "--benchmark_min_time=0.01", "--benchmark_format=json"]
    report = subprocess.run([bench, *arguments], check=True, capture_output=True, text=True).stdout
    return json.loads(report)["benchmarks"][0]["cpu_time"] / 1000  # the benchmark's unit is ms


for size in SIZES:
    times = {"permutation": [], "std::shuffle": [], "torch": []}
    for _ in range(rounds):
        times["permutation"].append(slabring("BM_WholeEpochByPlan", size))
        times["std::shuffle"].append(slabring("BM_WholeEpochByStdShuffle", size))
        seconds, torch_bytes = torch_list(size)
        times["torch"].append(seconds)
    print(f"{size:,} samples")
    for name, memory in (("permutation", 0), ("std::shuffle", 8 * size), ("torch", torch_bytes)):
        median = statistics.median(times[name])
        spread = f"{min(times[name]):.3g} to {max(times[name]):.3g}"
        print(f"  {name:<14}{median:8.3f} s ({spread})  {median / size * 1e9:6.1f} ns an id  {memory / 1e6:8.0f} MB")
