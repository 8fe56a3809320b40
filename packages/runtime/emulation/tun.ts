/** @file The emulated link whose packets our own process moves, between two TUN devices. */
import { dropsInBuffers } from "./buffers.ts";
import type { EmulatedHost, EmulatedLink, EmulationOptions } from "./link.ts";
import type { DeviceKind, WorkerOptions } from "./protocol.ts";
import { runProgram, startWorker, type Worker } from "./worker.ts";

/** Of the block for documentation (RFC 5737): no real network has them. */
export const addresses = ["192.0.2.1", "192.0.2.2"] as const;
export const MTU = 1500;

export function workerOptions(options: EmulationOptions, devices: DeviceKind): WorkerOptions {
  const { link, seed = 1, mtu = MTU, hosts = ["a", "b"], name = "link", congestionControl } = options;
  return { devices, parameters: link, seed, mtu, hosts, name, addresses, congestionControl };
}

export function hostsOf(worker: Worker, { hosts }: Pick<WorkerOptions, "hosts">): [EmulatedHost, EmulatedHost] {
  const host = (index: 0 | 1): EmulatedHost => ({
    name: hosts[index],
    address: addresses[index],
    exec: (command, args = []) => worker.inside(index, command, args),
  });
  return [host(0), host(1)];
}

/** Drops in the buffers of both networks so far. */
export async function dropsInside(worker: Worker): Promise<number> {
  const files = ["/proc/net/snmp", "/proc/net/netstat", "/proc/net/dev"];
  const texts = await Promise.all(([0, 1] as const).map((host) => runProgram(worker.inside(host, "cat", files))));
  return texts.reduce((sum, text) => sum + dropsInBuffers(text), 0);
}

/** @throws InputError `ERR_EMULATION`, `ERR_LINK` */
export async function openTunLink(options: EmulationOptions, signal: AbortSignal): Promise<EmulatedLink> {
  const asked = workerOptions(options, "tun");
  const worker = await startWorker(asked, signal);
  const hosts = hostsOf(worker, asked);
  return {
    kind: "tun",
    hosts,
    scheduling: worker.opened.scheduling,
    congestionControl: worker.opened.congestionControl,
    differs: [],
    reach: (to, port) => Promise.resolve({ host: hosts[to].address, port }),
    counters: async () => {
      const { sent, lossesByLink, queueDrops, refused, lateness } = (await worker.counters())!;
      const drops = await dropsInside(worker);
      return { sent, lossesByLink, queueDrops, dropsInBuffers: drops + refused, lateness };
    },
    close: worker.close,
    [Symbol.asyncDispose]: worker.close,
  };
}
