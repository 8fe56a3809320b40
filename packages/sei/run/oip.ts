/** @file `--oip` and `--grpc`: a running host's segments for clients of the Open Inference Protocol. */
import type { Deployment } from "@split-et-impera/core/deploy";
import { servedModels, type RunningHost } from "@split-et-impera/runtime/host";
import { serveGrpc, serveOip, type OipOptions, type OipServer } from "@split-et-impera/runtime/oip";
import { version } from "../version.ts";
import { parseAddress, underFlag } from "./address.ts";

/** The ways of asking, by the flag that says where: over HTTP, and over gRPC. */
const ways = { oip: serveOip, grpc: serveGrpc } as const;

/**
 * @param at `ADDRESS:PORT`
 * @throws InputError as `parseAddress`, `serveOip` and `serveGrpc` do
 */
export async function openOip(
  flag: keyof typeof ways,
  at: string,
  host: RunningHost,
  deployment: Deployment,
  { trust, anywhere }: Pick<OipOptions, "trust" | "anywhere">,
): Promise<OipServer & { models: string[] }> {
  const models = servedModels(host, deployment);
  const server = await underFlag(flag, ways[flag](parseAddress(flag, at), { models, version, trust, anywhere }));
  return Object.assign(server, { models: models.map(({ name }) => name) });
}
