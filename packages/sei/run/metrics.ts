/** @file `--metrics`: a host of a deployment seen from outside. */
import type { Deployment } from "@split-et-impera/core/deploy";
import type { RunningHost } from "@split-et-impera/runtime/host";
import { HostMetrics, kernelDrops, serveMetrics, type MetricsServer } from "@split-et-impera/runtime/metrics";
import { version } from "../version.ts";
import { parseAddress, underFlag } from "./address.ts";

export const metricsFlag = {
  type: "string",
  valueHint: "[ADDRESS:]PORT",
  description: "serve /metrics (Prometheus's text format) and /health there; a port alone: on loopback",
} as const;

export const metricsOf = (host: string, { id, deadlineNs }: Deployment): HostMetrics =>
  new HostMetrics({ host, design: id, version, deadlineNs });

/** A port alone is on loopback. */
export const metricsAddress = (given: string): ReturnType<typeof parseAddress> =>
  parseAddress("metrics", /^\d+$/.test(given) ? `127.0.0.1:${given}` : given);

/** @throws InputError `ERR_USAGE`, `ERR_CONNECT` */
export async function openMetrics(
  given: string,
  running: Pick<RunningHost, "role" | "ready" | "peers" | "counters" | "datagramPort">,
  seen: HostMetrics,
): Promise<MetricsServer> {
  const address = metricsAddress(given);
  const source = {
    since: seen.since,
    ready: () => running.ready,
    text: async () => seen.text(running, await kernelDrops(running.datagramPort)),
  };
  return underFlag("metrics", serveMetrics(address, source));
}
