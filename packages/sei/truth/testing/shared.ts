/** @file What these tests compare with: trained networks, images and references that are not part of the repository. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";
import { openData, type Dataset } from "../../data/index.ts";

export const shared = fileURLToPath(new URL("../../../../../shared/", import.meta.url));

/** The first test images of CIFAR-10 as the networks there take them. */
export function cifar10(count: number): Promise<Dataset> {
  return openData(
    {
      format: "cifar10",
      path: `${shared}data/cifar-10-batches-bin`,
      normalise: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
      layout: "NCHW",
      limit: { test: count, train: 1 },
    },
    "test",
  );
}

/** Skips a test, and says why, where a file of these is not there. */
export function needs(context: TestContext, ...paths: string[]): void {
  const missing = paths.find((path) => !existsSync(shared + path));
  context.skip(missing !== undefined, `no ${missing} beside the repository`);
}
