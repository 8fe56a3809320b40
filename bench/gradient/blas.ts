/** @file The BLAS of the library that is compared with: named, and refused where it would flatter us. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What `blas.py` tells. */
export interface BlasProbe {
  /** Who multiplies: `torch 1.13.0`. */
  library: string;
  /** Loaded libraries whose names say BLAS, MKL or the like. */
  files: readonly string[];
  /** OpenBLAS' own line about itself. */
  config: string | null;
  /** Threads it says it uses; null where it cannot be asked. */
  threads: number | null;
  /** Cores that this process may use. */
  cores: number;
  /** Of products of 1024 x 1024 float32 matrices, all threads together. */
  gflops: number;
}

/** Slowest that counts as optimised, GFLOP/s a thread: the reference BLAS has 2.5, OpenBLAS 60 to 77 with AVX-512. */
const slowest = 10;

const remedy = "install an optimised one (Debian: apt-get install libopenblas0-pthread) and unset OPENBLAS_NUM_THREADS";

/** The BLAS in words, where a comparison with it is fair. Throws where there is none, or one that is slow or has one thread. */
export function fairBlas({ library, files, config, threads, cores, gflops }: BlasProbe): string {
  const refuse = (why: string): Error => new Error(`${library} is not compared with: ${why}; ${remedy}`);
  // The interface's own library (libblas.so.3) is reached through the one behind it.
  const names = files.map((path) => path.slice(path.lastIndexOf("/") + 1));
  const name = names.find((file) => /openblas|mkl|blis|accelerate/i.test(file)) ?? names[0];
  const rate = `${gflops.toFixed(gflops < 10 ? 1 : 0)} GFLOP/s`;
  if (name === undefined) throw refuse(`no BLAS is loaded (${rate})`);
  if (/\/(blas|reference)\/libblas\.so|libblas-ref/.test(files.join(" ")) && !/openblas|mkl|blis/i.test(name))
    throw refuse(`${name} is the reference BLAS (${rate})`);
  const single = threads === 1 || /SINGLE_THREADED/.test(config ?? "") || files.some((path) => /-serial\//.test(path));
  if (single && cores > 1) throw refuse(`${name} has one thread for ${cores} cores`);
  const used = threads ?? cores;
  if (gflops / Math.min(used, cores) < slowest)
    throw refuse(`${name} multiplies at ${rate} with ${used} threads, less than ${slowest} a thread`);
  return `${library} with ${config ?? name}, ${threads ?? "?"} threads, ${rate}`;
}

/** Asks Python's library; undefined where Python or the library is not there. */
export function probeBlas(kind: "torch" | "numpy", python = "/usr/bin/python3"): BlasProbe | undefined {
  try {
    const text = execFileSync(python, [fileURLToPath(new URL("blas.py", import.meta.url)), kind], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 120_000,
    });
    return JSON.parse(text) as BlasProbe;
  } catch {
    return undefined;
  }
}
