/** @file What hosts that serve in batches do for several frames at once: timed on copies of one. */
import { batchSizes, batchWork } from "@split-et-impera/core/cost";
import { segmentWork, type Design } from "@split-et-impera/core/design";
import type { Engine, Session } from "@split-et-impera/core/engine";
import type { Study } from "@split-et-impera/core/study";
import type { Tensor, Tensors } from "@split-et-impera/core/tensor";
import type { TimedWork } from "./times.ts";

/** The works of designs on hosts that serve in batches, for as many frames at once as they do. */
export function batchWorks(
  { hosts }: Pick<Study, "hosts">,
  designs: readonly Design[],
  works: readonly TimedWork[],
): TimedWork[] {
  const largest = new Map<string, number>();
  for (const design of designs) {
    for (const [index, { host }] of design.segments.entries()) {
      const work = segmentWork(design, index);
      largest.set(work, Math.max(largest.get(work) ?? 1, hosts[host]?.batch?.size ?? 1));
    }
  }
  return works.flatMap((work) => batchSizes(largest.get(work.name) ?? 1).map((rows) => batched(work, rows)));
}

function batched(work: TimedWork, rows: number): TimedWork {
  return {
    name: batchWork(work.name, rows),
    key: [work.key, rows],
    bytes: work.bytes,
    open: (context, calls) => work.open({ ...context, engine: repeating(context.engine, rows) }, calls),
  };
}

/** An engine whose sessions are given each sample so many times; what comes from one of them is so many already. */
function repeating(engine: Engine, rows: number): Engine {
  const repeat = (tensor: Tensor): Tensor =>
    tensor.dims[0] === 1 ? { ...tensor, dims: [rows, ...tensor.dims.slice(1)], data: repeated(tensor, rows) } : tensor;
  return {
    name: engine.name,
    async load(model, options): Promise<Session> {
      const session = await engine.load(model, options);
      // Work is run again and again on the same feeds.
      const known = new WeakMap<Tensors, Tensors>();
      return {
        inputs: session.inputs,
        outputs: session.outputs,
        run(feeds, fetches) {
          const all =
            known.get(feeds) ?? Object.fromEntries(Object.entries(feeds).map(([name, one]) => [name, repeat(one)]));
          known.set(feeds, all);
          return session.run(all, fetches);
        },
        release: () => session.release(),
      };
    },
  };
}

function repeated({ data }: Tensor, rows: number): Tensor["data"] {
  if (Array.isArray(data)) return Array.from({ length: rows }, () => data).flat();
  const typed = data as Float32Array;
  const result = new (typed.constructor as new (length: number) => Float32Array)(rows * typed.length);
  for (let row = 0; row < rows; row++) result.set(typed, row * typed.length);
  return result;
}
