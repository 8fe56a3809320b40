/** @file What the kernel dropped in a network: in socket buffers, and before a device's queue. */

/** A table of /proc/net/snmp or /proc/net/netstat: pairs of lines, names and values. */
export function tableOf(text: string): Map<string, number> {
  const values = new Map<string, number>();
  const lines = text.trim().split("\n");
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [prefix, ...names] = lines[i]!.split(/\s+/);
    const [, ...numbers] = lines[i + 1]!.split(/\s+/);
    for (const [j, name] of names.entries()) values.set(`${prefix}${name}`, Number(numbers[j] ?? 0));
  }
  return values;
}

/** Receiving sockets whose buffers were full. Where a queue of tc drops, `Udp:SndbufErrors` counts it too. */
const DROPS = ["Udp:RcvbufErrors", "TcpExt:TCPRcvQDrop", "TcpExt:TCPBacklogDrop", "TcpExt:RcvPruned"];
/** Datagrams dropped at sockets bound to some ports, from /proc/net/udp: its last column. */
export function dropsAtPorts(text: string, ports: ReadonlySet<number>): number {
  let drops = 0;
  for (const line of text.trim().split("\n").slice(1)) {
    const columns = line.trim().split(/\s+/);
    const port = Number.parseInt(columns[1]?.split(":")[1] ?? "", 16);
    if (ports.has(port)) drops += Number(columns.at(-1));
  }
  return drops;
}

/** Columns of /proc/net/dev after the name: what was dropped on the way in and out. */
const RECEIVE_DROP = 3;
const SEND_DROP = 11;

/** Packets dropped in buffers, from /proc/net/snmp, netstat and dev, one after the other. */
export function dropsInBuffers(text: string): number {
  const split = text.indexOf("Inter-|");
  const counters = tableOf(split < 0 ? text : text.slice(0, split));
  let drops = 0;
  for (const name of DROPS) drops += counters.get(name) ?? 0;
  if (split < 0) return drops;
  for (const line of text.slice(split).trim().split("\n").slice(2)) {
    const [, ...columns] = line.replace(":", ": ").trim().split(/\s+/);
    drops += Number(columns[RECEIVE_DROP] ?? 0) + Number(columns[SEND_DROP] ?? 0);
  }
  return drops;
}
