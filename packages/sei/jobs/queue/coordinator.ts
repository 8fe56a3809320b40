/** @file Jobs put into the queue, and what became of them. */
import { randomUUID } from "node:crypto";
import { availableParallelism } from "node:os";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import type { Context, Job, Jobs, Outcome } from "../../stages/context.ts";
import { isPassing } from "../../store/index.ts";
import { version } from "../../version.ts";
import { doneBefore } from "../done.ts";
import { inputText, withinFolder, type Payload } from "./payload.ts";
import { makeQueue, mostTries, type Queue } from "./queue.ts";

/** Milliseconds between two looks. */
const every = 200;

export interface CoordinatorOptions {
  /** Workers that have it. */
  label?: string | undefined;
  /** That all see, in which the study's files lie. */
  files: string;
}

/** What a worker says of a job that it has done, or that whoever asked has to meet itself. */
export const outputSchema = z.union([
  z.object({ state: z.literal("done"), cached: z.boolean(), seconds: z.number().min(0) }),
  z.object({ state: z.literal("here") }),
]);

/** Jobs done by whoever takes them from the queue. */
export async function byWorkers(queue: Queue, { label, files }: CoordinatorOptions): Promise<Jobs> {
  const name = await makeQueue(queue, label);
  return {
    apart: true,
    async ahead<I>(job: Job<I>, inputs: readonly I[], context: Context): Promise<Outcome[]> {
      const outcomes: (Outcome | undefined)[] = [];
      for (const input of inputs) outcomes.push(await doneBefore(job, input, context));
      const asked = new Map<string, number>();
      const sent: { id: string; data: Payload }[] = [];
      inputs.forEach((input, i) => {
        if (outcomes[i]) return;
        const text = inputText(withinFolder(input, files));
        // What cannot be said is done here.
        if (text === undefined) return;
        const id = randomUUID();
        asked.set(id, i);
        const { name: engine } = context.engine;
        const data = {
          version,
          engine,
          processors: availableParallelism(),
          job: job.name,
          jobVersion: job.version,
          input: text,
        };
        sent.push({ id, data });
      });
      try {
        if (sent.length > 0) await lasting(() => queue.boss.insert(name, sent), context.signal);
        while (asked.size > 0) {
          context.signal.throwIfAborted();
          for (const [id, outcome] of await ended(queue, name, [...asked.keys()], context)) {
            outcomes[asked.get(id)!] = outcome;
            asked.delete(id);
          }
          context.update(`${inputs.length - asked.size} of ${inputs.length} done by workers`);
          if (asked.size > 0) await setTimeout(every);
        }
      } catch (error) {
        // Workers that are at it hear of it with their next word.
        await queue.boss.cancel(name, [...asked.keys()]).catch(() => undefined);
        throw error;
      }
      return inputs.map((_, i) => outcomes[i] ?? { state: "here" });
    },
  };
}

/** Of these jobs, those that are at an end. */
async function ended(
  { pool }: Queue,
  name: string,
  ids: readonly string[],
  { signal }: Context,
): Promise<[id: string, outcome: Outcome][]> {
  const { rows } = await lasting(
    () =>
      pool.query<{ id: string; state: string; output: unknown }>(
        `SELECT id, state::text AS state, output FROM pgboss.job
         WHERE name = $1 AND id = ANY($2::uuid[]) AND state IN ('completed', 'failed', 'cancelled')`,
        [name, ids],
      ),
    signal,
  );
  return rows.map(({ id, state, output }) => [id, outcomeOf(state, output)]);
}

function outcomeOf(state: string, output: unknown): Outcome {
  const said = outputSchema.safeParse(output);
  if (state === "completed" && said.success) return said.data;
  const { message, value } = (output ?? {}) as { message?: unknown; value?: { message?: unknown } };
  const why = [message, value?.message].find((one) => typeof one === "string") ?? `the job was ${state}`;
  return { state: "failed", why: `${why.slice(0, 500)}; it was tried ${mostTries} times` };
}

/** Does it again until the server is there again. */
async function lasting<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let left = 120; ; left--) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (left === 0 || !isPassing(error)) throw error;
      await setTimeout(500);
    }
  }
}
