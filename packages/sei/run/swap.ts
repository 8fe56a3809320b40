/** @file A bundle read again while its host runs: where it is another one, the host goes on with that. */
import type { Deployment } from "@split-et-impera/core/deploy";
import { InputError } from "@split-et-impera/core/errors";
import type { RunningHost } from "@split-et-impera/runtime/host";
import { readDeployment } from "../deploy/index.ts";
import { picturesOf } from "./pictures.ts";

export interface SwapOptions {
  /** The bundle's folder. */
  folder: string;
  host: Pick<RunningHost, "swap">;
  /** Told of what runs from now on. */
  onSwapped(deployment: Deployment): void;
  /** Told why all goes on as it was. */
  warn(text: string): void;
}

/** What reads the bundle again when it is called, one after the other where it is called meanwhile. */
export function swapper({ folder, host, onSwapped, warn }: SwapOptions): () => Promise<void> {
  let last = Promise.resolve();
  const swap = async (): Promise<void> => {
    try {
      const deployment = await readDeployment(folder);
      await host.swap({ deployment, folder, pictures: picturesOf(deployment) });
      onSwapped(deployment);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      warn(`${error.message}; all goes on as it was`);
    }
  };
  return () => (last = last.then(swap));
}
