/** @file A job as it lies in the queue: bounded, of a known form, and naming no file outside the folder that all see. */
import { InputError } from "@split-et-impera/core/errors";
import type { ModelSource, Study } from "@split-et-impera/core/study";
import { realpath } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { digest } from "../../store/index.ts";
import { version } from "../../version.ts";

/** Characters of a job's input at most. */
export const mostInput = 2 ** 21;

export const payloadSchema = z.strictObject({
  /** Of the program that asks: another one gives other results. */
  version: z.string().max(100),
  engine: z.string().max(200),
  /** Of the machine where the job comes from, on which the number of threads depends. */
  processors: z.int().min(1).max(1024),
  job: z.string().regex(/^[a-z-]{1,40}$/),
  jobVersion: z.int().min(1).max(1e6),
  /** JSON: the database would put an object's fields into another order, on which keys depend. */
  input: z.string().max(mostInput),
});

export type Payload = z.output<typeof payloadSchema>;

/** Why this program does not do a job of another one; undefined where it does. */
export function strangeness(payload: Payload, engine: string): string | undefined {
  const [theirs, ours] = [`sei ${payload.version} on ${payload.engine}`, `sei ${version} on ${engine}`];
  return theirs === ours ? undefined : `the job is of ${theirs}, this worker is ${ours}; both must be the same`;
}

/** The input as text; undefined where JSON does not say it to the last bit. */
export function inputText(input: unknown): string | undefined {
  const text = JSON.stringify(input);
  return text.length <= mostInput && digest(JSON.parse(text)) === digest(input) ? text : undefined;
}

type HasStudy = { about: { study: Study } };

/**
 * The input as it was, if its job takes such.
 * @throws Error where it is of another form
 */
export function readInput(text: string, schema: z.ZodType): unknown {
  const input: unknown = JSON.parse(text);
  // Not what the schema makes of it: that has its fields in another order, on which keys depend.
  schema.parse(input);
  return input;
}

/**
 * The input with the study's files named from the folder that all see.
 * @throws InputError `ERR_WORKER_FILES` where one lies outside
 */
export function withinFolder<I>(input: I, folder: string): I {
  return withPaths(input, (path) => {
    const own = relative(resolve(folder), resolve(path));
    if (own === ".." || own.startsWith(`..${sep}`) || isAbsolute(own))
      throw new InputError(
        "ERR_WORKER_FILES",
        `${path}: expected it within the folder that all workers see, ${folder}; --files names another`,
      );
    return own.split(sep).join("/");
  });
}

/**
 * The input with the study's files where they lie here.
 * @throws Error where one is named outside of the folder, or a link leads out of it
 */
export async function fromFolder<I>(input: I, folder: string): Promise<I> {
  const root = await realpath(folder);
  const paths: string[] = [];
  const found = withPaths(input, (path) => {
    const full = resolve(root, path);
    if (isAbsolute(path) || path.includes("\0") || !isWithin(root, full)) throw outside(path);
    paths.push(path);
    return join(root, path);
  });
  for (const path of paths) {
    const real = await realpath(join(root, path)).catch(() => undefined);
    if (real !== undefined && !isWithin(root, real)) throw outside(path);
  }
  return found;
}

const isWithin = (root: string, path: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
const outside = (path: string): Error =>
  new Error(`the job names a file outside of the folder that workers see: ${JSON.stringify(path)}`);

/** Every path of a file that a study names: models, data, profiles. */
function withPaths<I>(input: I, change: (path: string) => string): I {
  const { about } = input as I & Partial<HasStudy>;
  if (!about) return input;
  const { study } = about;
  const model: ModelSource =
    typeof study.model === "string"
      ? change(study.model)
      : study.model.map((part) => ({ ...part, path: change(part.path) }));
  const hosts = Object.fromEntries(
    Object.entries(study.hosts).map(([name, host]) => [
      name,
      host.profile === undefined ? host : { ...host, profile: change(host.profile) },
    ]),
  );
  const data = study.data.path === undefined ? study.data : { ...study.data, path: change(study.data.path) };
  return { ...input, about: { ...about, study: { ...study, model, data, hosts } } };
}
