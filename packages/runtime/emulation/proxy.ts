/** @file The link for machines that allow no networks of our own: relays on loopback, by port. */
import {
  checkLink,
  LARGEST_PAYLOAD,
  MSS,
  TCP_HEADERS,
  UDP_HEADERS,
  type Channel,
  type LinkParameters,
} from "@split-et-impera/core/network";
import { createSocket, type RemoteInfo, type Socket as Datagrams } from "node:dgram";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { dropsAtPorts } from "./buffers.ts";
import { LatenessHistogram } from "./lateness.ts";
import type { EmulatedLink, EmulationOptions } from "./link.ts";
import { LoopLink } from "./relay.ts";

const LOOPBACK = "127.0.0.1";
/** Bytes of TCP that a direction holds before its sender is told to wait. */
const MOST_HELD = 2 ** 20;
/** What a socket of datagrams may hold while the event loop is busy; the system may give less. */
const SOCKET_BYTES = 2 ** 22;
/** Programs whose datagrams a port relays at a time. */
const MOST_PEERS = 256;

type Parameters = LinkParameters | readonly [LinkParameters, LinkParameters];

/** A stream must arrive whole: what would drop a packet is left out. */
function reliable(parameters: Parameters): Parameters {
  const one = (link: LinkParameters): LinkParameters => ({
    ...link,
    loss: undefined,
    queue: undefined,
    codel: undefined,
  });
  return "rate" in parameters ? one(parameters) : [one(parameters[0]), one(parameters[1])];
}

/** @throws InputError `ERR_LINK` */
export async function openProxyLink(options: EmulationOptions, signal: AbortSignal): Promise<EmulatedLink> {
  const { link: parameters, seed = 1, name = "link", hosts: names = ["a", "b"], congestionControl } = options;
  for (const one of "rate" in parameters ? [parameters] : parameters) checkLink(name, one);
  signal.throwIfAborted();
  const lateness = new LatenessHistogram();
  const opened = new Map<string, Relay & { link: LoopLink }>();
  const host = (index: 0 | 1): EmulatedLink["hosts"][0] => ({
    name: names[index],
    address: LOOPBACK,
    exec: (command, args = []) => ({ command, args: [...args] }),
  });
  const close = (): Promise<void> => {
    signal.removeEventListener("abort", abort);
    for (const relay of opened.values()) {
      relay.link.close();
      relay.close();
    }
    opened.clear();
    return Promise.resolve();
  };
  const abort = (): void => void close();
  signal.addEventListener("abort", abort);
  return {
    kind: "proxy",
    hosts: [host(0), host(1)],
    scheduling: { scheduling: "normal", why: "relays run on this process's event loop" },
    congestionControl: { set: "", available: [], ...(congestionControl && { why: "TCP runs over loopback" }) },
    differs: [
      "TCP sees the rate and the delay, but neither losses nor a full queue, and congestion control does not act on them",
      "each port has the link to itself",
      "releases are as exact as this process's event loop",
    ],
    reach: async (to, port, transport) => {
      const key = `${transport}/${to}/${port}`;
      let relay = opened.get(key);
      if (relay === undefined) {
        const asked = transport === "tcp" ? reliable(parameters) : parameters;
        const link = new LoopLink(asked, { name, hosts: names, seed, lateness });
        const [there, back] =
          to === 1 ? [link.link.forward, link.link.backward] : [link.link.backward, link.link.forward];
        const open = transport === "tcp" ? relayStreams : relayDatagrams;
        relay = { link, ...(await open(port, link, there, back)) };
        opened.set(key, relay);
      }
      return { host: LOOPBACK, port: relay.port };
    },
    counters: async () => {
      // Absent where the system is not Linux.
      const table = await readFile("/proc/net/udp", "latin1").catch(() => "");
      const channels = [...opened.values()].flatMap(({ link: { link } }) => [link.forward, link.backward]);
      const sum = (what: "sent" | "lost" | "overflowed"): number =>
        channels.reduce((all, { tally }) => all + tally[what], 0);
      return {
        sent: sum("sent"),
        lossesByLink: sum("lost"),
        queueDrops: sum("overflowed"),
        dropsInBuffers: dropsAtPorts(table, new Set([...opened.values()].flatMap((relay) => relay.ports()))),
        lateness: lateness.summary(),
      };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Relay {
  port: number;
  /** Of the sockets that take in datagrams. */
  ports(): number[];
  close(): void;
}

async function relayStreams(to: number, link: LoopLink, there: Channel, back: Channel): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ host: LOOPBACK, port: to, allowHalfOpen: true });
    for (const socket of [near, far]) {
      sockets.add(socket.setNoDelay(true));
      socket
        .on("error", () => {
          near.destroy();
          far.destroy();
        })
        .on("close", () => sockets.delete(socket));
    }
    pipe(near, far, link, there);
    pipe(far, near, link, back);
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    ports: () => [],
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Hands on what `from` says, in segments, each when it has passed the link. */
function pipe(from: Socket, to: Socket, link: LoopLink, channel: Channel): void {
  let held = 0;
  let ended = false;
  const finish = (): void => void (ended && held === 0 && to.end());
  from.on("data", (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += MSS) {
      const segment = bytes.subarray(at, at + MSS);
      held += segment.length;
      link.send(channel, segment.length + TCP_HEADERS, () => {
        to.write(segment, () => {
          held -= segment.length;
          if (held < MOST_HELD / 2) from.resume();
          finish();
        });
      });
    }
    if (held > MOST_HELD) from.pause();
  });
  from.on("end", () => {
    ended = true;
    finish();
  });
}

async function relayDatagrams(to: number, link: LoopLink, there: Channel, back: Channel): Promise<Relay> {
  const near = createSocket({ type: "udp4", recvBufferSize: SOCKET_BYTES });
  const peers = new Map<string, Datagrams>();
  const bound: Datagrams[] = [];
  const peerOf = ({ address, port }: RemoteInfo): Datagrams | undefined => {
    const key = `${address}:${port}`;
    const known = peers.get(key);
    if (known !== undefined || peers.size >= MOST_PEERS) return known;
    const far = createSocket({ type: "udp4", recvBufferSize: SOCKET_BYTES });
    peers.set(key, far);
    far.on("error", () => undefined).on("listening", () => bound.push(far));
    far.on("message", (packet) => link.send(back, ipBytes(packet.length), () => near.send(packet, port, address)));
    return far;
  };
  near.on("error", () => undefined);
  near.on("message", (packet, from) => {
    const far = peerOf(from);
    if (far !== undefined) link.send(there, ipBytes(packet.length), () => far.send(packet, to, LOOPBACK));
  });
  near.bind(0, LOOPBACK);
  await once(near, "listening");
  return {
    port: near.address().port,
    ports: () => [near, ...bound].map((socket) => socket.address().port),
    close: () => {
      near.close();
      for (const far of peers.values()) far.close();
    },
  };
}

const ipBytes = (payload: number): number => Math.min(payload, LARGEST_PAYLOAD) + UDP_HEADERS;
