/** @file Benches compare with an optimised BLAS or not at all. */
import { expect, it } from "vitest";
import { fairBlas, probeBlas, type BlasProbe } from "../bench/gradient/blas.ts";

const good: BlasProbe = {
  library: "torch 1.13.0",
  files: [
    "/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3",
    "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblasp-r0.3.21.so",
  ],
  config: "OpenBLAS 0.3.21 DYNAMIC_ARCH NO_AFFINITY SkylakeX MAX_THREADS=64",
  threads: 2,
  cores: 2,
  gflops: 130,
};

it("an optimised one is named with its version, threads and speed", () => {
  expect(fairBlas(good)).toBe(
    "torch 1.13.0 with OpenBLAS 0.3.21 DYNAMIC_ARCH NO_AFFINITY SkylakeX MAX_THREADS=64, 2 threads, 130 GFLOP/s",
  );
  const mkl = { ...good, files: ["/opt/torch/lib/libmkl_core.so.2"], config: null };
  expect(fairBlas(mkl)).toBe("torch 1.13.0 with libmkl_core.so.2, 2 threads, 130 GFLOP/s");
  expect(fairBlas({ ...good, threads: 1, cores: 1, gflops: 60 })).toMatch(/1 threads, 60/);
});

it.each<[string, Partial<BlasProbe>, RegExp]>([
  ["none", { files: [], config: null, gflops: 1.2 }, /no BLAS is loaded \(1\.2 GFLOP\/s\); install/],
  [
    "the reference one",
    { files: ["/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0"], config: null, threads: null, gflops: 2.5 },
    /libblas\.so\.3\.11\.0 is the reference BLAS/,
  ],
  ["one thread asked for", { threads: 1, gflops: 70 }, /libopenblasp-r0\.3\.21\.so has one thread for 2 cores/],
  [
    "one built without threads",
    { config: "OpenBLAS 0.3.21 NO_LAPACKE SINGLE_THREADED", threads: 1 },
    /one thread for 2 cores/,
  ],
  [
    "a serial one that cannot be asked",
    { files: ["/usr/lib/openblas-serial/libopenblas.so"], threads: null },
    /one thread/,
  ],
  ["a slow one of any name", { gflops: 5 }, /multiplies at 5\.0 GFLOP\/s with 2 threads, less than 10 a thread/],
])("%s is refused, with what to do", (_, change, says) => {
  expect(() => fairBlas({ ...good, ...change })).toThrow(says);
  expect(() => fairBlas({ ...good, ...change })).toThrow(/libopenblas0-pthread/);
});

it("is asked of what is loaded here", (ctx) => {
  const probe = probeBlas("torch") ?? probeBlas("numpy") ?? probeBlas("numpy", "python3");
  ctx.skip(!probe, "no Python with PyTorch or NumPy");
  expect(probe!.library).toMatch(/^(torch|numpy) \d/);
  expect(probe!.files.join(" ")).toMatch(/blas|mkl/);
  expect(probe!.gflops).toBeGreaterThan(0);
});
