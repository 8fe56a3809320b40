/** @file Sends datagrams from one host of an emulated link to the other and tells which arrived. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { EmulatedLink } from "../link.ts";

const program = fileURLToPath(new URL("./datagrams.ts", import.meta.url));

export interface Arrived {
  index: number;
  seconds: number;
}

/** From host 0 to host 1: `count` datagrams of `bytes`, one every `gap` ms. */
export async function through(
  link: EmulatedLink,
  { count, bytes, gap, quiet = 300 }: { count: number; bytes: number; gap: number; quiet?: number },
): Promise<Arrived[]> {
  const port = 5300;
  const at = await link.reach(1, port, "udp");
  const run = (host: 0 | 1, ...args: (string | number)[]): ReturnType<typeof spawn> => {
    const { command, args: all } = link.hosts[host].exec(process.execPath, [program, ...args.map(String)]);
    return spawn(command, all, { stdio: ["ignore", "pipe", "pipe"] });
  };
  const receiver = run(1, "receive", port, count, quiet);
  const printed = text(receiver.stdout!);
  await once(receiver.stderr!, "data");
  const sender = run(0, "send", at.host, at.port, count, bytes, gap);
  const said = text(sender.stderr!);
  const [code] = (await once(sender, "exit")) as [number];
  if (code !== 0) throw new Error(await said);
  return JSON.parse(await printed) as Arrived[];
}
