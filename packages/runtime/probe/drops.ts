/** @file Datagrams that this host's own socket had no room for: no fault of the link. */
import { readFile } from "node:fs/promises";
import { dropsAtPorts } from "../emulation/buffers.ts";

/** So far, of sockets bound to a port; 0 where the system does not tell (Linux does). */
export async function dropsOf(port: number): Promise<number> {
  let drops = 0;
  for (const file of ["/proc/net/udp", "/proc/net/udp6"]) {
    try {
      drops += dropsAtPorts(await readFile(file, "utf8"), new Set([port]));
    } catch {
      // Another system, or one without IPv6.
    }
  }
  return drops;
}
