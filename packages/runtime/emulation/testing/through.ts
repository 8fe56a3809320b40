/** @file Sends datagrams or a stream from one host of an emulated link to the other and tells what arrived. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { EmulatedLink } from "../link.ts";

export interface Arrived {
  index: number;
  /** When it came, on the system's clock, and how long it took; seconds. */
  at: number;
  seconds: number;
}

/** Runs a program's receiver on host 1 and its sender on host 0; returns what the receiver printed. */
async function exchange(
  link: EmulatedLink,
  program: string,
  transport: "tcp" | "udp",
  { port, receive, send }: { port: number; receive: readonly number[]; send: readonly number[] },
): Promise<unknown> {
  const script = fileURLToPath(new URL(program, import.meta.url));
  const at = await link.reach(1, port, transport);
  const run = (host: 0 | 1, ...args: (string | number)[]): ReturnType<typeof spawn> => {
    const { command, args: all } = link.hosts[host].exec(process.execPath, [script, ...args.map(String)]);
    return spawn(command, all, { stdio: ["ignore", "pipe", "pipe"] });
  };
  const receiver = run(1, "receive", port, ...receive);
  const printed = text(receiver.stdout!);
  await once(receiver.stderr!, "data");
  const sender = run(0, "send", at.host, at.port, ...send);
  const said = text(sender.stderr!);
  const [code] = (await once(sender, "exit")) as [number];
  if (code !== 0) throw new Error(await said);
  return JSON.parse(await printed);
}

/** From host 0 to host 1: `count` datagrams of `bytes`, one every `gap` ms. */
export function through(
  link: EmulatedLink,
  { count, bytes, gap, quiet = 300 }: { count: number; bytes: number; gap: number; quiet?: number },
): Promise<Arrived[]> {
  const what = { port: 5300, receive: [count, quiet], send: [count, bytes, gap] };
  return exchange(link, "./datagrams.ts", "udp", what) as Promise<Arrived[]>;
}

/** Bytes of a stream of `bytes` from host 0 that host 1 got. */
export function streamed(link: EmulatedLink, bytes: number): Promise<number> {
  return exchange(link, "./stream.ts", "tcp", { port: 5400, receive: [], send: [bytes] }) as Promise<number>;
}
