/** @file A request to a served model, whatever brought it: let in, read, run by turns, written, and counted. */
import { InputError } from "@split-et-impera/core/errors";
import type { Tensors } from "@split-et-impera/core/tensor";
import { monotonicNs } from "../messages/index.ts";
import { RequestError } from "./error.ts";
import type { ServedModel } from "./model.ts";
import type { InferRequest } from "./request.ts";
import { Statistics } from "./statistics.ts";

export interface Served {
  model: ServedModel;
  statistics: Statistics;
}

export const countedModel = (model: ServedModel): Served => ({ model, statistics: new Statistics(model.name) });

/** Requests to infer at once, from the first byte of the body to the answer: what may lie in memory. */
const mostInferring = 64;

/** Lets so many requests in, and no more. */
export class Turns {
  private inside = 0;

  /** @throws RequestError 503 where too many are inside */
  async take<T>(infer: () => Promise<T>): Promise<T> {
    if (this.inside >= mostInferring) throw new RequestError(503, "too many requests at once");
    this.inside++;
    try {
      return await infer();
    } finally {
      this.inside--;
    }
  }
}

/** What a way of asking has of its own. */
export interface Exchange<T> {
  read(): InferRequest;
  write(wanted: InferRequest, made: Tensors): T;
  /** Whether nobody waits for the answer any more. */
  gone(): boolean;
}

/** @throws RequestError */
export async function exchange<T>({ model, statistics }: Served, { read, write, gone }: Exchange<T>): Promise<T> {
  const start = monotonicNs();
  try {
    const wanted = read();
    const reading = monotonicNs();
    let begun = reading;
    const made = await model.run(
      wanted.feeds,
      wanted.outputs.map(({ port }) => port.tensor),
      () => {
        begun = monotonicNs();
        if (wanted.timeout !== undefined && (begun - start) / 1e3 > wanted.timeout)
          throw new RequestError(503, `its time (${wanted.timeout} microseconds) was over before its turn came`);
        if (gone()) throw new RequestError(503, "who asked is gone");
      },
    );
    if (!made) throw new RequestError(503, "too many requests wait");
    const ran = monotonicNs();
    const written = write(wanted, made);
    const end = monotonicNs();
    statistics.succeeded({
      whole: end - start,
      input: reading - start,
      queue: begun - reading,
      infer: ran - begun,
      output: end - ran,
    });
    return written;
  } catch (error) {
    statistics.failed(monotonicNs() - start);
    // The engine's own word about these inputs.
    if (error instanceof InputError && !(error instanceof RequestError)) throw new RequestError(400, error.message);
    throw error;
  }
}
