/** @file `--oip`: a running host's segments for clients of the Open Inference Protocol. */
import type { Deployment } from "@split-et-impera/core/deploy";
import { servedModels, type RunningHost } from "@split-et-impera/runtime/host";
import { serveOip, type OipServer } from "@split-et-impera/runtime/oip";
import type { Trust } from "@split-et-impera/runtime/trust";
import { version } from "../version.ts";
import { parseAddress, underFlag } from "./address.ts";

/**
 * @param at `ADDRESS:PORT`
 * @throws InputError as `parseAddress` and `serveOip` do
 */
export async function openOip(
  host: RunningHost,
  deployment: Deployment,
  { anywhere }: { anywhere?: boolean | undefined },
  at: string,
  trust: Trust,
): Promise<OipServer & { models: string[] }> {
  const models = servedModels(host, deployment);
  const server = await underFlag("oip", serveOip(parseAddress("oip", at), { models, version, trust, anywhere }));
  return Object.assign(server, { models: models.map(({ name }) => name) });
}
