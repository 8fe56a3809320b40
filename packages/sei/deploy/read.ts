/** @file A deployment read from its folder: structure, version, and every file's size and digest. */
import { deploymentFormat, type Deployment } from "@split-et-impera/core/deploy";
import { InputError, type ErrorCode } from "@split-et-impera/core/errors";
import { shown } from "@split-et-impera/core/units";
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { lineOf, readText, reasonOf } from "../files/index.ts";
import { problemsOf } from "../study/problems.ts";
import { faultOf, type Fault } from "./agreement.ts";
import { deploymentFile } from "./definition.ts";

export const manifestName = "manifest.json";
/** Parameters per channel are the longest in it. */
const mostBytes = 16 * 2 ** 20;
const what = "the manifest of a deployment; `sei design` makes one";

/**
 * Reads a folder that `sei design` wrote.
 * @throws InputError `ERR_DEPLOYMENT` where the manifest is damaged or contradicts itself, `ERR_DEPLOYMENT_VERSION` where
 *   it is of another version, `ERR_DEPLOYMENT_FILE` where a file is missing or another one than was written
 */
export async function readDeployment(folder: string): Promise<Deployment> {
  const file = join(folder, manifestName);
  const deployment = parseDeployment(file, await readText(file, { code: "ERR_DEPLOYMENT", what, most: mostBytes }));
  for (const segment of [...deployment.segments, ...(deployment.exits ?? [])])
    await checkFile(join(folder, segment.file), segment);
  return deployment;
}

/** The manifest alone, no file of it looked at. Throws as {@link readDeployment} does. */
export function parseDeployment(file: string, text: string): Deployment {
  const fail = (code: ErrorCode, message: string, cause?: unknown): InputError =>
    new InputError(code, message, cause === undefined ? undefined : { cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = (error as Error).message.replaceAll(/\s+/g, " ");
    throw fail("ERR_DEPLOYMENT", `${file}: expected ${what}, but ${why}`, error);
  }
  const { format, cuts } = Object(value) as { format?: unknown; cuts?: unknown };
  if (cuts !== undefined)
    throw fail("ERR_DEPLOYMENT", `${file}: expected ${what}; got that of \`sei split\`, which \`sei join\` takes`);
  if (typeof format === "number" && format !== deploymentFormat) {
    const mend = format < deploymentFormat ? "run `sei design` again" : "a newer sei wrote it, use that";
    throw fail(
      "ERR_DEPLOYMENT_VERSION",
      `${file}:${lineOf(text, ["format"])}: format: expected ${deploymentFormat}, got ${shown(format)}; ${mend}`,
    );
  }
  const refused = ({ path, message }: Fault, more = ""): InputError =>
    fail("ERR_DEPLOYMENT", `${file}:${lineOf(text, path)}: ${path.join(".") || "a deployment"}: ${message}${more}`);
  const [problem, ...others] = problemsOf(deploymentFile, value);
  if (problem) throw refused(problem, others.length > 0 ? ` (and ${others.length} more)` : "");
  const { $schema: _schema, ...deployment } = deploymentFile.parse(value);
  const fault = faultOf(deployment as Deployment);
  if (fault) throw refused(fault);
  return deployment as Deployment;
}

/** Reads no more than the size that the manifest gives. */
async function checkFile(path: string, { bytes, sha256 }: { bytes: number; sha256: string }): Promise<void> {
  const fail = (message: string, cause?: unknown): InputError =>
    new InputError("ERR_DEPLOYMENT_FILE", `${path}: ${message}`, cause === undefined ? undefined : { cause });
  try {
    // Not to wait for somebody to open a pipe's other end.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (!found.isFile()) throw fail("expected a segment of the deployment, got no regular file");
    if (found.size !== bytes)
      throw fail(`expected ${bytes} bytes, got ${found.size}: it is not the file that was written`);
    const hash = createHash("sha256");
    const options = { autoClose: false, start: 0, end: Math.max(0, bytes - 1) };
    if (bytes > 0) for await (const part of handle.createReadStream(options)) hash.update(part as Buffer);
    if (hash.digest("hex") !== sha256) throw fail("was changed after it was written (its SHA-256 is another one)");
  } catch (error) {
    if (error instanceof InputError) throw error;
    const absent = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw fail(
      absent ? "there is no such file, and the manifest names it" : `cannot be read: ${reasonOf(error)}`,
      error,
    );
  }
}
