/** @file The manifest of a deployment, written beside its files and read back: what was written is what will be read. */
import type { Deployment } from "@split-et-impera/core/deploy";
import { internal } from "@split-et-impera/core/errors";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { writeWhole } from "../files/index.ts";
import { manifestName, readDeployment } from "./read.ts";

/**
 * Writes manifest.json into a folder that holds the files already, and reads the folder as any host will.
 * @throws Error `internal:` where the reader refuses it, or reads something else than was meant
 */
export async function writeManifest(folder: string, deployment: Deployment): Promise<void> {
  await writeWhole(join(folder, manifestName), `${JSON.stringify(deployment, null, 2)}\n`);
  const found = await readDeployment(folder).catch((error: unknown) => {
    throw internal(`a deployment that cannot be read back: ${(error as Error).message}`);
  });
  if (!isDeepStrictEqual(plain(found), plain(deployment))) throw internal("a deployment that is read as another one");
}

/** As JSON has it: without what is undefined, zero without a sign. */
const plain = (value: Deployment): unknown => JSON.parse(JSON.stringify(value));
