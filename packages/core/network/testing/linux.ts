/**
 * @file What Linux's TCP does: 24 latencies measured on Linux 6.12, of which the whole table has 788.
 *
 * Three network namespaces in a row; the middle one delays and drops with netem, each way alike, 66 to 1514 bytes a packet
 * on its rate server, offloads off. Persistent connections; a message, an answer of 16 bytes, the next message. Drawn by
 * lot from the table: a third without loss, rates, delays, losses, sizes, phases and congestion controls evenly.
 */
import type { CongestionName } from "../index.ts";

export interface LinuxLatency {
  cc: CongestionName;
  bytes: number;
  megabits: number;
  /** One-way, ms. */
  delayMs: number;
  lossPercent: number;
  /** The first message of a connection, or the later ones. */
  phase: "first" | "warm";
  /** One way, ms, each with its 95 % interval: value, low, high. */
  medianMs: [number, number, number];
  p95Ms: [number, number, number];
}

const row = (
  link: [CongestionName, number, number, number, number, LinuxLatency["phase"]],
  medianMs: LinuxLatency["medianMs"],
  p95Ms: LinuxLatency["p95Ms"],
): LinuxLatency => {
  const [cc, bytes, megabits, delayMs, lossPercent, phase] = link;
  return { cc, bytes, megabits, delayMs, lossPercent, phase, medianMs, p95Ms };
};

export const linuxLatencies: readonly LinuxLatency[] = [
  row(["cubic", 1000, 10, 0.1, 0, "first"], [1.0058, 1.0058, 1.0058], [1.0058, 1.0058, 1.0058]),
  row(["cubic", 16000, 1000, 5, 0, "warm"], [5.1351, 5.1351, 5.1351], [5.1351, 5.1351, 5.1351]),
  row(["cubic", 150000, 1000, 0.1, 0, "warm"], [1.3558, 1.3558, 1.3558], [1.356, 1.356, 1.356]),
  row(["cubic", 3000000, 100, 5, 0, "first"], [280.8284, 280.8284, 280.8284], [280.8287, 280.8287, 280.8287]),
  row(["reno", 16000, 100, 0.1, 0, "first"], [1.4492, 1.4492, 1.4492], [1.4492, 1.4492, 1.4492]),
  row(["reno", 150000, 10, 5, 0, "warm"], [130.4924, 130.4924, 130.4924], [130.4924, 130.4924, 130.4924]),
  row(["reno", 600000, 10, 25, 0, "first"], [597.1858, 597.1858, 597.1858], [597.1858, 597.1858, 597.1858]),
  row(["reno", 3000000, 100, 25, 0, "warm"], [275.9414, 275.9414, 275.9414], [275.9414, 275.9414, 275.9414]),
  row(["cubic", 1000, 10, 25, 1, "first"], [25.9059, 25.9059, 25.9059], [25.9062, 25.9062, 25.9062]),
  row(["cubic", 1000, 1000, 0.1, 0.5, "warm"], [0.1093, 0.1093, 0.1093], [0.1096, 0.1096, 0.1096]),
  row(["cubic", 16000, 10, 5, 0.5, "first"], [18.4868, 18.4868, 18.487], [19.9607, 18.487, 28.8031]),
  row(["cubic", 16000, 100, 0.1, 5, "first"], [1.4492, 1.449, 1.4492], [205.504, 9.2946, 207.7193]),
  row(["cubic", 150000, 10, 5, 3, "first"], [133.8132, 131.0899, 136.3781], [296.363, 211.3766, 363.0623]),
  row(["cubic", 150000, 1000, 25, 0.5, "warm"], [125.1448, 76.5758, 125.4314], [375.3454, 326.4092, 425.2128]),
  row(["cubic", 600000, 100, 25, 0.5, "warm"], [1132.3407, 943.0763, 1233.1896], [1929.6773, 1829.6022, 2078.2282]),
  row(["cubic", 3000000, 10, 5, 5, "first"], [7552.2373, 7186.1763, 7669.4798], [8626.9074, 8244.3296, 8931.3434]),
  row(["reno", 1000, 100, 0.1, 5, "warm"], [0.1861, 0.1861, 0.1861], [204.257, 0.1907, 204.7995]),
  row(["reno", 1000, 100, 5, 3, "first"], [5.0908, 5.0908, 5.0908], [207.7441, 5.0908, 217.3771]),
  row(["reno", 16000, 100, 25, 3, "warm"], [75.8653, 75.8551, 75.8656], [226.0047, 215.883, 243.1343]),
  row(["reno", 16000, 1000, 25, 1, "warm"], [25.1351, 25.1351, 25.1351], [96.0722, 92.9563, 125.0532]),
  row(["reno", 150000, 100, 0.1, 3, "first"], [12.6551, 12.6551, 12.6556], [33.1726, 13.6591, 217.9725]),
  row(["reno", 150000, 1000, 5, 5, "first"], [134.377, 115.4019, 146.2108], [365.5487, 308.7766, 461.0842]),
  row(["reno", 600000, 10, 0.1, 1, "warm"], [502.0132, 502.0132, 502.0132], [502.2669, 502.0263, 502.7843]),
  row(["reno", 600000, 1000, 25, 1, "warm"], [1687.3279, 1619.4606, 1826.0308], [2567.4833, 2372.2624, 2628.5232]),
];
