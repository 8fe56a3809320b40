/** @file The hosts that a host talks to: it connects to some, others connect to it, and lost lines come back. */
import { createHash } from "node:crypto";
import { isIP } from "node:net";
import type { Deployment, Passage } from "@split-et-impera/core/deploy";
import { InputError, type ErrorCode } from "@split-et-impera/core/errors";
import type { Address } from "../index.ts";
import {
  DatagramSocket,
  Dialled,
  Line,
  type Accepted,
  type ArrivedMessage,
  type LoopClock,
  type Outgoing,
  type Packing,
} from "../messages/index.ts";
import { addressOf, isLoopback } from "../trust/loopback.ts";
import { listen, type Listener, type Trust, type TrustedConnection } from "../trust/index.ts";
import { answerBytes } from "./answer.ts";
import { hasDatagrams, type Role } from "./role.ts";

/** What happens to lines, for a log. */
export type LineEvent =
  | { event: "connected"; peer: string }
  | ({ event: "disconnected" | "unreachable"; peer: string } & Why)
  | ({ event: "refused"; from: string } & Why);

/** One line, and the code under which docs/errors.md has a remedy. */
interface Why {
  code: ErrorCode;
  reason: string;
}

export const whyOf = ({ code, message }: InputError): Why => ({ code, reason: message });

export interface NeighboursOptions {
  deployment: Deployment;
  role: Role;
  trust: Trust;
  /** Where others reach this host; needed where it listens. */
  listen?: Address | undefined;
  /** Of those that it connects to. */
  addresses: Readonly<Record<string, Address>>;
  clock: LoopClock;
  /** By what the traces of frames are named that are captured here. */
  traceSeed?: Uint8Array<ArrayBuffer> | undefined;
  onMessage(message: ArrivedMessage, peer: string): void;
  /** By what the traces of frames are named that come from an earlier host; it is told to the next one too. */
  onTraceSeed(seed: Uint8Array<ArrayBuffer>): void;
  onEvent(event: LineEvent): void;
  /** Asked for where given: ns to a host and back, of a few bytes. */
  onRoundTrip?: ((ns: number, peer: string) => void) | undefined;
}

/** Datagrams that were not taken. */
export interface DatagramCounters {
  forged: number;
  replayed: number;
  strange: number;
  unsent: number;
}

export class Neighbours implements AsyncDisposable {
  /** Where it listens. */
  readonly address: Address | undefined;
  private options: NeighboursOptions;
  /** Those in use, by host, and all that are open. */
  private readonly lines = new Map<string, Line>();
  private readonly all = new Set<Line>();
  private readonly dialled = new Map<string, Dialled>();
  private readonly stopped: AbortController;
  private readonly listener: Listener | undefined;
  private readonly socket: DatagramSocket | undefined;
  private digest: Uint8Array<ArrayBuffer>;
  /** What the next host is told; absent where frames are not traced. */
  private traceSeed: Uint8Array<ArrayBuffer> | undefined;
  private readonly before: DatagramCounters = { forged: 0, replayed: 0, strange: 0, unsent: 0 };

  private constructor(
    options: NeighboursOptions,
    stopped: AbortController,
    listener: Listener | undefined,
    socket: DatagramSocket | undefined,
  ) {
    this.options = options;
    this.stopped = stopped;
    this.listener = listener;
    this.socket = socket;
    this.address = listener?.address;
    this.digest = digestOf(options.deployment);
    this.traceSeed = options.traceSeed;
  }

  /**
   * Listens and begins to connect; whoever is not there yet is waited for.
   * @throws InputError `ERR_CONNECT` where it cannot listen, `ERR_TRUST_INSECURE`; `ERR_DEPLOYMENT_HOST` without an address
   */
  static async open(options: NeighboursOptions): Promise<Neighbours> {
    const { role, trust, addresses, onEvent } = options;
    const unknown = role.dials.find((peer) => !addresses[peer]);
    if (unknown !== undefined)
      throw new InputError(
        "ERR_DEPLOYMENT_HOST",
        `where is ${unknown}? expected its address, as in ${unknown}=10.0.0.2:7000`,
      );
    if (role.listens && !options.listen)
      throw new InputError("ERR_DEPLOYMENT_HOST", `${role.host}: expected an address to listen at, as in 0.0.0.0:7000`);
    const stopped = new AbortController();
    // Who is there before all is open waits for it.
    const opened = Promise.withResolvers<Neighbours | undefined>();
    const take = async (connection: TrustedConnection): Promise<void> => {
      const neighbours = await opened.promise;
      if (!neighbours || stopped.signal.aborted) connection.stream.destroy();
      else neighbours.open(connection);
    };
    const listener = role.listens
      ? await listen(trust, options.listen!, (connection) => void take(connection), stopped.signal, {
          hosts: Object.keys(options.deployment.hosts),
          onRefused: (error, from) => onEvent({ event: "refused", from, ...whyOf(error) }),
        })
      : undefined;
    try {
      const socket = hasDatagrams(role)
        ? await DatagramSocket.open(await datagramAddress(options, listener))
        : undefined;
      const neighbours = new Neighbours(options, stopped, listener, socket);
      for (const peer of role.dials) neighbours.dial(peer, addresses[peer]!);
      opened.resolve(neighbours);
      return neighbours;
    } catch (error) {
      stopped.abort();
      opened.resolve(undefined);
      throw error;
    }
  }

  connected(peer: string): boolean {
    return this.lines.has(peer);
  }

  get peers(): string[] {
    return [...this.lines.keys()];
  }

  get datagramPort(): number | undefined {
    return this.socket?.port;
  }

  get counters(): DatagramCounters {
    const sum = { ...this.before };
    sum.strange += this.socket?.counters.strange ?? 0;
    sum.unsent += this.socket?.counters.unsent ?? 0;
    for (const { counters } of this.lines.values()) add(sum, counters);
    return sum;
  }

  /** Why nothing was sent: there is no line, or one that does not keep up. */
  send(
    peer: string,
    message: Outgoing,
    passage: Pick<Passage, "transport" | "protection">,
  ): "disconnected" | "dropped" | undefined {
    const line = this.lines.get(peer);
    if (!line) return "disconnected";
    const packing = packingOf(passage);
    const sent = packing ? line.sendDatagrams(message, packing) : line.send(message);
    return sent ? undefined : "dropped";
  }

  /** Another deployment is agreed on from now on: all lines begin anew. */
  adopt(deployment: Deployment, role: Role): void {
    this.options = { ...this.options, deployment, role };
    this.digest = digestOf(deployment);
    for (const line of this.all) line.close(new InputError("ERR_CONNECT", "this host goes on with another deployment"));
    for (const dialled of this.dialled.values()) dialled.again();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped.abort();
    await this.listener?.[Symbol.asyncDispose]();
    for (const line of this.all) line.close(new InputError("ERR_CONNECT", "this host ends"));
    await this.socket?.[Symbol.asyncDispose]();
  }

  private dial(peer: string, address: Address): void {
    const { trust, onEvent } = this.options;
    const onFailed = (error: InputError): void => onEvent({ event: "unreachable", peer, ...whyOf(error) });
    const open = (connection: TrustedConnection): Line =>
      this.open(connection, (reason) => this.dialled.get(peer)!.lost(reason));
    this.dialled.set(peer, new Dialled({ trust, peer, address, open, onFailed }, this.stopped.signal));
  }

  /** @param onLost of a line that this host connected */
  private open(connection: TrustedConnection, onLost?: (reason: InputError) => void): Line {
    const { deployment, role, clock, onMessage, onTraceSeed, onEvent, onRoundTrip } = this.options;
    const { peer, remote } = connection;
    const line: Line = new Line(
      {
        connection,
        clock,
        ...takenFrom(peer, role, deployment),
        socket: this.socket,
        digest: this.digest,
        // TCP itself tries again after 0.2, 0.6, 1.4, 3 s: a new connection is there sooner.
        patience: Math.max(1000, (10 * deployment.deadlineNs) / 1e6),
        onMessage: (message) => onMessage(message, peer),
        onTraceSeed: (seed) => {
          if (role.incoming?.from !== peer) return;
          this.traceSeed = seed;
          onTraceSeed(seed);
          if (role.outgoing) this.lines.get(role.outgoing.to)?.sendTraceSeed(seed);
        },
        onRoundTrip: onRoundTrip && ((ns) => onRoundTrip(ns, peer)),
        // Of several attempts of the other host only it knows which it took.
        onUsed: () => {
          this.lines.get(peer)?.close(new InputError("ERR_CONNECT", "connected anew"));
          this.lines.set(peer, line);
          if (this.traceSeed && role.outgoing?.to === peer) line.sendTraceSeed(this.traceSeed);
          onEvent({ event: "connected", peer });
        },
        onClose: (reason) => {
          add(this.before, line.counters);
          this.all.delete(line);
          if (this.lines.get(peer) === line) {
            this.lines.delete(peer);
            // That this host ends is no news to it.
            if (!this.stopped.signal.aborted) onEvent({ event: "disconnected", peer, ...whyOf(reason) });
          } else if (!onLost && reason.code === "ERR_DEPLOYMENT_OTHER")
            onEvent({ event: "refused", from: `${remote.host}:${remote.port}`, ...whyOf(reason) });
          onLost?.(reason);
        },
      },
      onLost !== undefined,
    );
    this.all.add(line);
    return line;
  }
}

/** SHA-256 of all that two hosts must have the same of, whatever the order in which it was written down. */
export function digestOf(deployment: Deployment): Uint8Array<ArrayBuffer> {
  const { model, design, task, classes, reads, normalise, layout } = deployment;
  const { frames, deadlineNs, segments, crossings, answer } = deployment;
  const meaning = { model, design, task, classes, reads, normalise, layout };
  const way = { frames, deadlineNs, segments, crossings, answer };
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return Uint8Array.from(
    createHash("sha256")
      .update(JSON.stringify([meaning, way], sorted))
      .digest(),
  );
}

/** What may come from a host: frames, answers, or nothing. */
function takenFrom(
  peer: string,
  { incoming, answer, host }: Role,
  deployment: Deployment,
): { accepted: Accepted; packing?: Packing | undefined } {
  if (incoming?.from === peer) {
    return { accepted: { kinds: ["frame"], mostBytes: incoming.mostBytes }, packing: packingOf(incoming) };
  }
  if (answer?.to === host && answer.from === peer) {
    const accepted = { kinds: ["answer", "nothing"], mostBytes: answerBytes(deployment) } as const;
    return { accepted, packing: packingOf(answer) };
  }
  return { accepted: { kinds: [], mostBytes: 0 } };
}

/** How messages become datagrams; undefined where they go as a stream. */
const packingOf = ({
  transport,
  protection = { kind: "none" },
}: Pick<Passage, "transport" | "protection">): Packing | undefined =>
  transport.kind === "udp"
    ? {
        protection,
        payloadBytes: transport.payloadBytes,
        timeoutNs: transport.timeoutNs,
        reserveNs: transport.reserveNs,
        resendNs: transport.resendNs,
      }
    : undefined;

/** Beside the port that others connect to; else any, on loopback alone where nothing else is talked to. */
async function datagramAddress(
  { role, addresses }: NeighboursOptions,
  listener: Listener | undefined,
): Promise<Address> {
  if (listener) return listener.address;
  const ips = await Promise.all(role.dials.map((peer) => addressOf(addresses[peer]!.host)));
  if (ips.every(isLoopback)) return { host: ips[0]!, port: 0 };
  return { host: ips.some((ip) => isIP(ip) === 6) ? "::" : "0.0.0.0", port: 0 };
}

function add(sum: DatagramCounters, more: Omit<DatagramCounters, "unsent">): void {
  sum.forged += more.forged;
  sum.replayed += more.replayed;
  sum.strange += more.strange;
}
