# Which BLAS the matrix products of PyTorch (or, with "numpy", of NumPy) use, its threads and its speed, as JSON.
import ctypes, json, os, re, sys, time

kind = sys.argv[1] if len(sys.argv) > 1 else "torch"
side = 1024
if kind == "torch":
    import torch
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    version, a = torch.__version__, torch.rand(side, side)
    product = lambda: torch.mm(a, a)
else:
    import numpy
    version, a = numpy.__version__, numpy.random.rand(side, side).astype("float32")
    product = lambda: numpy.matmul(a, a)

product()
best = float("inf")
for _ in range(8):
    start = time.perf_counter()
    product()
    best = min(best, time.perf_counter() - start)

# The libraries that are loaded; a bundled MKL or Accelerate has its name in its file's.
mapped = {line.split()[-1] for line in open("/proc/self/maps") if "/" in line}
files = sorted(path for path in mapped if re.search(r"blas|mkl|blis|accelerate", path, re.I))


def ask(name, result):
    for file in files:
        library = ctypes.CDLL(file)
        for symbol in (name, name + "64_", "scipy_" + name, "scipy_" + name + "64_"):
            if hasattr(library, symbol):
                function = getattr(library, symbol)
                function.restype = result
                return function()
    return None


config = ask("openblas_get_config", ctypes.c_char_p)
threads = ask("openblas_get_num_threads", ctypes.c_int)
if threads is None:
    threads = ask("MKL_Get_Max_Threads", ctypes.c_int)
print(json.dumps({
    "library": f"{kind} {version}",
    "files": files,
    "config": config.decode() if config else None,
    "threads": threads,
    "cores": len(os.sched_getaffinity(0)),
    "gflops": 2e-9 * side**3 / best,
}))
