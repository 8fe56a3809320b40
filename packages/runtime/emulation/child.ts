/**
 * @file The process of an emulated link: it holds two networks and moves packets between them.
 *
 * The networks have no names: they are this process's descriptors, and go when it and the processes inside them have
 * ended, however they end. It ends when its standard input does, thus with the process that started it.
 */
import { InputError } from "@split-et-impera/core/errors";
import { execFileSync } from "node:child_process";
import { constants, openSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import {
  closeDescriptor,
  enterNetwork,
  enterNewNetwork,
  hurry,
  makeTun,
  packetPair,
  Poll,
  readPacket,
  writePacket,
} from "./native.ts";
import { fromLine, toLine, type CongestionControl, type Opened, type WorkerOptions } from "./protocol.ts";
import { Pump, type Device } from "./pump.ts";
import { RealClock } from "./real-clock.ts";

/** Below the kernel's own threads of the same class that must run for packets to move at all. */
const PRIORITY = 10;
/** A sleep ends so long before an event, and the process looks: at least, and at most where sleeps are seen to be late. */
const LEAST_SPIN_NS = 60_000;
const MOST_SPIN_NS = 400_000;
/** How much of what is known about late sleeps each sleep in time forgets. */
const FORGET = 0.02;
/** Packets after which the code that moves them is compiled. */
const WARM_UP = 10_000;
/** The longest sleep: so soon a signal is seen. */
const SLEEP_NS = 500e6;
/** Packets that a device holds for us: more than any burst before we wake. */
const DEVICE_QUEUE = "10000";

const DEVICE = "sei0";
const MACS = ["02:00:00:00:00:01", "02:00:00:00:00:02"] as const;

const ip = (...words: string[]): void => void execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
const setting = (path: string): string => `/proc/sys/net/${path}`;

/** A network with its loopback and without IPv6, whose own packets would take part in the losses. */
function makeNetwork(): number {
  enterNewNetwork();
  const network = openSync("/proc/self/ns/net", "r");
  try {
    for (const which of ["all", "default"]) writeFileSync(setting(`ipv6/conf/${which}/disable_ipv6`), "1");
  } catch {
    // A kernel without IPv6.
  }
  ip("link", "set", "lo", "up");
  return network;
}

/**
 * Has TCP on the way to the other host use a congestion control: by the network's own setting, or, where the kernel keeps
 * that one to its first network (`tcp_allowed_congestion_control`), by the route, which needs no leave.
 */
function chooseCongestionControl(name: string | undefined, address: string): CongestionControl {
  const path = setting("ipv4/tcp_congestion_control");
  const read = (from: string): string => readFileSync(from, "utf8").trim();
  const available = read(setting("ipv4/tcp_available_congestion_control")).split(/\s+/);
  if (name === undefined) return { set: read(path), available };
  try {
    writeFileSync(path, name);
    return { set: read(path), available };
  } catch (error) {
    const subnet = address.replace(/\d+$/, "0/30");
    const why = `the kernel does not let ${name} be chosen: ${(error as Error).message}`;
    if (!available.includes(name)) return { set: read(path), available, why };
    ip("route", "replace", subnet, "dev", DEVICE, "src", address, "congctl", name);
    return { set: name, available };
  }
}

function open({ devices, addresses, mtu, congestionControl }: WorkerOptions): {
  opened: Exclude<Opened, { failed: string }>;
  tuns: number[];
} {
  const home = openSync("/proc/self/ns/net", "r");
  const tuns: number[] = [];
  const networks: number[] = [];
  let chosen: CongestionControl | undefined;
  for (const side of [0, 1] as const) {
    networks.push(makeNetwork());
    if (devices === "tun") {
      const fd = openSync("/dev/net/tun", constants.O_RDWR | constants.O_NONBLOCK);
      makeTun(fd, DEVICE);
      tuns.push(fd);
    } else if (side === 1) {
      const first = `/proc/${process.pid}/fd/${networks[0]}`;
      ip("link", "add", DEVICE, "type", "veth", "peer", "name", DEVICE, "netns", first);
    }
  }
  for (const side of [0, 1] as const) {
    enterNetwork(networks[side]!);
    if (devices === "veth") {
      // Packets of their own size pass the link one by one, and none but ours.
      ip("link", "set", DEVICE, "address", MACS[side], "gso_max_segs", "1", "multicast", "off");
    }
    ip("link", "set", DEVICE, "mtu", String(mtu), "txqueuelen", DEVICE_QUEUE, "up");
    ip("addr", "add", `${addresses[side]}/30`, "dev", DEVICE);
    chosen = chooseCongestionControl(congestionControl, addresses[side]);
    if (devices === "veth") {
      ip("neigh", "replace", addresses[1 - side]!, "lladdr", MACS[1 - side]!, "nud", "permanent", "dev", DEVICE);
    }
  }
  enterNetwork(home);
  return {
    opened: {
      networks: [networks[0]!, networks[1]!],
      scheduling: { scheduling: "normal" },
      congestionControl: chosen!,
    },
    tuns,
  };
}

const deviceAt = (fd: number): Device => ({
  read: (packet) => readPacket(fd, packet),
  write: (packet, bytes) => writePacket(fd, packet, bytes),
});

/**
 * Moves packets between descriptors that lead nowhere, until the code that does it is compiled: what the first packets of
 * a link would wait for, up to 10 ms.
 */
function warmUp(options: WorkerOptions): void {
  const [left, a] = packetPair();
  const [right, b] = packetPair();
  const parameters = { rate: 1e10, delay: 1000 };
  const pump = new Pump(new RealClock(), [deviceAt(a), deviceAt(b)], { ...options, parameters });
  const poll = new Poll([a, b]);
  const packet = new Uint8Array(options.mtu);
  for (let i = 0; i < WARM_UP; i++) {
    writePacket(i % 2 === 0 ? left : right, packet, options.mtu);
    for (let step = 0; step < 4; step++) pump.step();
    poll.wait(0);
    readPacket(left, packet);
    readPacket(right, packet);
  }
  for (const fd of [left, a, right, b]) closeDescriptor(fd);
  globalThis.gc?.();
}

/** What came on standard input since the last call; undefined at its end. */
function heard(): string | undefined {
  const text = Buffer.alloc(65_536);
  const bytes = readSync(0, text);
  return bytes === 0 ? undefined : text.toString("latin1", 0, bytes);
}

const say = (value: unknown): void => void writeSync(1, toLine(value));

function firstLine(): WorkerOptions {
  let text = "";
  while (!text.includes("\n")) {
    const more = heard();
    if (more === undefined) process.exit(0);
    text += more;
  }
  return fromLine(text.trim()) as WorkerOptions;
}

function main(): void {
  const options = firstLine();
  const { opened, tuns } = open(options);
  const clock = new RealClock();
  const pump =
    options.devices === "tun" ? new Pump(clock, [deviceAt(tuns[0]!), deviceAt(tuns[1]!)], options) : undefined;
  if (pump) warmUp(options);
  const poll = new Poll([0, ...tuns]);
  say({ ...opened, scheduling: pump ? hurry(PRIORITY) : opened.scheduling });
  let spin = LEAST_SPIN_NS;
  for (;;) {
    const wait = pump === undefined ? Infinity : pump.step();
    // A descriptor without anything costs a microsecond to look at, a sleep tens or hundreds: just before an event we look.
    // At most half of the time: a process in real time that never sleeps is made to, for tens of milliseconds at once.
    const sleep = Math.min(SLEEP_NS, wait - Math.min(spin, wait / 2));
    const until = clock.now + sleep;
    poll.wait(Math.max(0, sleep));
    if (sleep > 0) {
      clock.catchUp();
      const late = clock.now - until;
      spin = late > spin ? Math.min(late, MOST_SPIN_NS) : spin - FORGET * (spin - LEAST_SPIN_NS);
    }
    if (!poll.ready(0)) continue;
    const line = heard();
    if (line === undefined) process.exit(0);
    say(pump?.counters() ?? null);
  }
}

try {
  main();
} catch (error) {
  const { stderr, message } = error as Error & { stderr?: Buffer };
  const said = stderr?.toString().trim();
  say({ failed: said || message, ...(error instanceof InputError && { code: error.code }) } satisfies Opened);
  process.exit(1);
}
