/**
 * @file The process of an emulated link: it holds two networks and moves packets between them.
 *
 * The networks have no names: they are this process's descriptors, and go when it and the processes inside them have
 * ended, however they end. It ends when its standard input does, thus with the process that started it.
 */
import { InputError } from "@split-et-impera/core/errors";
import { execFileSync } from "node:child_process";
import { constants, openSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import { enterNetwork, enterNewNetwork, hurry, makeTun, Poll, readPacket, writePacket } from "./native.ts";
import { fromLine, toLine, type Opened, type WorkerOptions } from "./protocol.ts";
import { Pump, type Device } from "./pump.ts";
import { RealClock } from "./real-clock.ts";

/** Below the kernel's own threads of the same class that must run for packets to move at all. */
const PRIORITY = 10;
/** What a wait may be late: for so long before an event the process does not sleep but looks. */
const SPIN_NS = 60_000;
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

function chooseCongestionControl(name: string | undefined): { set: string; available: string[]; why?: string } {
  const path = setting("ipv4/tcp_congestion_control");
  const read = (from: string): string => readFileSync(from, "utf8").trim();
  let why: string | undefined;
  if (name !== undefined) {
    try {
      writeFileSync(path, name);
    } catch (error) {
      why = `the kernel does not let ${name} be chosen: ${(error as Error).message}`;
    }
  }
  const available = read(setting("ipv4/tcp_available_congestion_control")).split(/\s+/);
  return { set: read(path), available, ...(why !== undefined && { why }) };
}

function open({ devices, addresses, mtu, congestionControl }: WorkerOptions): {
  opened: Exclude<Opened, { failed: string }>;
  tuns: number[];
} {
  const home = openSync("/proc/self/ns/net", "r");
  const tuns: number[] = [];
  const networks: number[] = [];
  let chosen: ReturnType<typeof chooseCongestionControl> | undefined;
  for (const side of [0, 1] as const) {
    networks.push(makeNetwork());
    chosen = chooseCongestionControl(congestionControl);
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

const tunDevice = (fd: number): Device => ({
  read: (packet) => readPacket(fd, packet),
  write: (packet, bytes) => writePacket(fd, packet, bytes),
});

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
    options.devices === "tun" ? new Pump(clock, [tunDevice(tuns[0]!), tunDevice(tuns[1]!)], options) : undefined;
  const poll = new Poll([0, ...tuns]);
  say({ ...opened, scheduling: pump ? hurry(PRIORITY) : opened.scheduling });
  for (;;) {
    const wait = pump === undefined ? Infinity : pump.step();
    // A descriptor without anything costs a microsecond to look at, a sleep tens: just before an event we look.
    poll.wait(wait < SPIN_NS ? 0 : Math.min(SLEEP_NS, wait - SPIN_NS));
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
