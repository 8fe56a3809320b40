/** @file Datagrams that the system dropped for want of room, as Linux counts them. */
import { readFile } from "node:fs/promises";
import { dropsAtPorts, tableOf } from "../emulation/buffers.ts";

export interface KernelDrops {
  /** Of our own socket. */
  socket: number;
  /** Of all sockets of this machine. */
  system: number;
}

/** Undefined where the system does not tell. */
export async function kernelDrops(port: number | undefined): Promise<KernelDrops | undefined> {
  const snmp = await textOf("/proc/net/snmp");
  if (snmp === undefined) return undefined;
  const socket = port === undefined ? 0 : await socketDrops(port);
  return { socket, system: tableOf(snmp).get("Udp:RcvbufErrors") ?? 0 };
}

/** Of sockets bound to a port, so far; 0 where the system does not tell. */
export async function socketDrops(port: number): Promise<number> {
  const texts = await Promise.all(["/proc/net/udp", "/proc/net/udp6"].map(textOf));
  return texts.reduce((sum, text) => sum + dropsAtPorts(text ?? "", new Set([port])), 0);
}

const textOf = (file: string): Promise<string | undefined> => readFile(file, "utf8").catch(() => undefined);
