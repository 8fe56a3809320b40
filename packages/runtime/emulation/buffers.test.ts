/** @file Drops in buffers, as the kernel's tables show them. */
import { expect, test } from "vitest";
import { dropsAtPorts, dropsInBuffers } from "./buffers.ts";

test("socket buffers of datagrams and streams and the devices' own drops are summed, other columns are not", () => {
  const text = `Ip: Forwarding InReceives
Ip: 2 500
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors
Udp: 480 1 20 500 17 6
TcpExt: SyncookiesSent TCPRcvQDrop TCPBacklogDrop RcvPruned
TcpExt: 9 3 2 1
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  sei0:99999999     500    5   40    0     0          0         0  1252040     200    4  100    0     0       0          0
`;
  expect(dropsInBuffers(text)).toBe(17 + 3 + 2 + 1 + 40 + 100);
  expect(dropsInBuffers("Udp: RcvbufErrors\nUdp: 4\n")).toBe(4);
});

test("drops of our own sockets are found by their ports", () => {
  const text = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 0100007F:14B4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1234 2 0000000000000000 76
  101: 0100007F:14B5 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1235 2 0000000000000000 5
`;
  expect(dropsAtPorts(text, new Set([0x14b4]))).toBe(76);
  expect(dropsAtPorts("", new Set([1]))).toBe(0);
});
