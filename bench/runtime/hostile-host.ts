/**
 * @file A host with all of its ports, for the bench of hostile peers: `node hostile-host.ts TOKEN-FILE` prints where they are, and
 * for every line that it reads what its memory is, once all that can be freed is.
 */
import { HostMetrics, serveMetrics } from "@split-et-impera/runtime/metrics";
import { serveGrpc, serveOip } from "@split-et-impera/runtime/oip";
import { serveProbe } from "@split-et-impera/runtime/probe";
import { servedModels } from "@split-et-impera/runtime/host";
import { trustFor } from "@split-et-impera/runtime/trust";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { deploymentOf, openHost } from "./pair.ts";

export const values = 1000;
export const hostile = deploymentOf("udp", values, 100e6);
export const loopback = { host: "127.0.0.1", port: 0 };

/** Where it is. */
export interface Ports {
  line: number;
  oip: number;
  grpc: number;
  metrics: number;
  probe: number;
}

/** MB, and connections that were taken for a host's of the deployment. */
export interface State {
  live: number;
  resident: number;
  connected: number;
}

async function serve(token: string): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const trust = await trustFor({ kind: "token", file: token }, "server");
  const seen = new HostMetrics({ host: "server", design: hostile.id, version: "0", deadlineNs: hostile.deadlineNs });
  let connected = 0;
  const host = await openHost(
    {
      deployment: hostile,
      host: "server",
      trust,
      listen: loopback,
      onServed: (parts) => seen.served(parts),
      onEvent(event) {
        seen.event(event);
        if (event.event === "connected") connected++;
      },
    },
    { head: 0, tail: 0 },
  );
  const served = { models: servedModels(host, hostile), version: "0", trust };
  const oip = await serveOip(loopback, served);
  const grpc = await serveGrpc(loopback, served);
  const source = { since: seen.since, ready: () => host.ready, text: async () => seen.text(host, undefined) };
  const metrics = await serveMetrics(loopback, source);
  const probe = await serveProbe(trust, loopback, { seconds: 2, bytes: 1e6 }, () => undefined);
  const ports: Ports = {
    line: host.address!.port,
    oip: Number(new URL(oip.url).port),
    grpc: Number(new URL(grpc.url).port),
    metrics: metrics.address.port,
    probe: probe.address.port,
  };
  console.log(JSON.stringify(ports));
  for await (const _ of createInterface({ input: process.stdin })) {
    // Connections that are not heard of any more are given up, and what went with them is freed in two steps.
    await sleep(1500);
    collect();
    await sleep(50);
    collect();
    const { heapUsed, external, rss } = process.memoryUsage();
    console.log(JSON.stringify({ live: (heapUsed + external) / 1e6, resident: rss / 1e6, connected } satisfies State));
  }
  process.exit(0);
}

if (import.meta.main) await serve(process.argv[2]!);
