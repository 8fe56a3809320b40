/** @file What was done for a model since it is served, in the words of Triton's statistics extension. All times are ns. */
import { modelVersion } from "./model.ts";

class Duration {
  count = 0;
  ns = 0;

  add(ns: number): void {
    this.count++;
    this.ns += Math.max(0, Math.round(ns));
  }
}

/** What a request took. */
export interface RequestTimes {
  /** From the last byte of the request to the first of the answer; the four below add up to it, but for the bookkeeping. */
  whole: number;
  input: number;
  queue: number;
  infer: number;
  output: number;
}

export class Statistics {
  private readonly name: string;
  private lastInference = 0;
  private readonly success = new Duration();
  private readonly fail = new Duration();
  private readonly queue = new Duration();
  private readonly input = new Duration();
  private readonly infer = new Duration();
  private readonly output = new Duration();
  /** There is no cache. */
  private readonly cache = new Duration();

  constructor(name: string) {
    this.name = name;
  }

  succeeded({ whole, queue, input, infer, output }: RequestTimes): void {
    this.lastInference = Date.now();
    this.success.add(whole);
    this.queue.add(queue);
    this.input.add(input);
    this.infer.add(infer);
    this.output.add(output);
  }

  failed(whole: number): void {
    this.lastInference = Date.now();
    this.fail.add(whole);
  }

  /** A `$model_stat`. Every execution is of one request, and of the batch that the segment has: one frame. */
  get all(): object {
    const { success, fail, queue, input, infer, output, cache } = this;
    const compute = { compute_input: input, compute_infer: infer, compute_output: output };
    return {
      name: this.name,
      version: modelVersion,
      last_inference: this.lastInference,
      inference_count: success.count,
      execution_count: success.count,
      inference_stats: { success, fail, queue, ...compute, cache_hit: cache, cache_miss: cache },
      batch_stats: success.count === 0 ? [] : [{ batch_size: 1, ...compute }],
    };
  }
}
