/** @file What `sei worker` does: takes jobs from the queue, has them done by a process of its own, and says what came of it. */
import type { Context } from "../../stages/context.ts";
import { knownJobs } from "../../stages/known-jobs.ts";
import { isPassing } from "../../store/index.ts";
import { setTimeout } from "node:timers/promises";
import { processes, type StorePlace } from "../processes.ts";
import { fromFolder, payloadSchema, readInput, strangeness, type Payload } from "./payload.ts";
import { makeQueue, type Queue } from "./queue.ts";

/** Milliseconds between two words to the queue, and between two looks where it is empty. */
const word = 2000;
const idle = 200;

export interface WorkerOptions {
  labels: readonly string[];
  /** In which studies' files lie. */
  files: string;
  place: StorePlace;
  context: Context;
  /** Ends when the queue is empty. */
  once?: boolean;
  say(text: string): void;
}

/** A job of another version was met: nothing of it is done here. */
export class StrangeJob extends Error {}

/**
 * Does jobs until it is stopped; gives how many it did.
 * @throws StrangeJob where the queue holds jobs of another version
 */
export async function work(queue: Queue, options: WorkerOptions): Promise<number> {
  const { labels, context, once, say } = options;
  const names = [];
  for (const label of [...labels, undefined]) names.push(await makeQueue(queue, label));
  const { signal } = context;
  let done = 0;
  while (!signal.aborted) {
    const taken = await take(queue, names);
    if (taken) {
      say(await doOne(queue, taken, options));
      done++;
    } else if (once) break;
    else await setTimeout(idle, undefined, { signal }).catch(() => undefined);
  }
  return done;
}

interface Taken {
  name: string;
  id: string;
  retryCount: number;
  data: unknown;
}

/** The next job, those with a label first. */
async function take({ boss }: Queue, names: readonly string[]): Promise<Taken | undefined> {
  for (const name of names) {
    const [job] = await boss.fetch<object>(name).catch((error: unknown) => {
      // A server that is started again.
      if (!isPassing(error)) throw error;
      return [];
    });
    if (job) return { name, id: job.id, retryCount: job.retryCount, data: job.data };
  }
  return undefined;
}

async function doOne(queue: Queue, taken: Taken, options: WorkerOptions): Promise<string> {
  const { boss } = queue;
  const attempt = { id: taken.id, retryCount: taken.retryCount };
  const parsed = payloadSchema.safeParse(taken.data);
  const failed = async (why: string): Promise<string> => {
    await settle(() => boss.fail(taken.name, attempt, { message: why }));
    return `failed: ${why}`;
  };
  if (!parsed.success)
    return failed(`the job is of no form that this version knows: ${parsed.error.issues[0]!.message}`);
  const payload = parsed.data;
  const strange = strangeness(payload, options.context.engine.name);
  if (strange !== undefined) {
    await failed(strange);
    throw new StrangeJob(strange);
  }
  const job = Object.hasOwn(knownJobs, payload.job) ? knownJobs[payload.job] : undefined;
  if (job?.version !== payload.jobVersion) return failed(`there is no job ${payload.job} ${payload.jobVersion}`);
  const stopping = new AbortController();
  let gone = false;
  const timer = setInterval(() => {
    boss.touch(taken.name, attempt).then(
      (response) => {
        // Its type does not say what it has.
        if ((response as { affected?: number }).affected !== 0) return;
        gone = true;
        stopping.abort();
      },
      () => undefined,
    );
  }, word);
  try {
    const input = readInput(payload.input, job.schema);
    const local = await fromFolder(input, options.files);
    const signal = AbortSignal.any([options.context.signal, stopping.signal]);
    const outcome = await doHere(payload, local, { ...options.context, signal }, options);
    if (outcome.state === "failed") return await failed(outcome.why);
    await settle(() => boss.complete(taken.name, attempt, outcome));
    return `done: ${job.title(input)}`;
  } catch (error) {
    if (gone) return "given up: the job was cancelled, or is another worker's by now";
    // Somebody else has it then.
    if (options.context.signal.aborted) return failed("the worker was stopped");
    return failed((error as Error).message);
  } finally {
    clearInterval(timer);
  }
}

/** In a process of its own, which may be ended at any moment; it is kept for the next job of a machine with as many processors. */
let kept: { processors: number; jobs: ReturnType<typeof processes> } | undefined;

async function doHere({ processors, job }: Payload, input: unknown, context: Context, { place }: WorkerOptions) {
  if (kept?.processors !== processors) {
    await kept?.jobs[Symbol.asyncDispose]();
    kept = { processors, jobs: processes({ count: 1, place, processors, tries: 1 }) };
  }
  const [outcome] = await kept.jobs.ahead(knownJobs[job]!, [input], context);
  return outcome!;
}

/** Ends the process that jobs are done in. */
export async function stopWork(): Promise<void> {
  await kept?.jobs[Symbol.asyncDispose]();
  kept = undefined;
}

/** The server may be away for a while; a job that is told by nobody is done again. */
async function settle(work: () => Promise<unknown>): Promise<void> {
  for (let left = 40; left > 0; left--) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isPassing(error)) throw error;
      await setTimeout(500);
    }
  }
}
