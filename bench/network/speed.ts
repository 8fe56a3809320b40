/**
 * @file How many packets (data and acknowledgements, lost ones included) the simulator puts on the wire per CPU second.
 *
 *     npm run bench:network:speed
 */
import { runConnection, type Experiment } from "./messages.ts";

interface Case {
  name: string;
  experiment: Experiment;
}

const lossy = (size: number, messages: number, rate: number, delay: number, loss: number): Experiment => ({
  cc: "cubic",
  size,
  link: { rate, delay },
  loss: loss > 0 ? [{ rate: loss }, { rate: loss }] : [undefined, undefined],
  nagle: false,
  gap: 0,
  messages,
});

const cases: Case[] = [
  { name: "100 x 150 KB, 100 Mbit/s, 5 ms, 1 %", experiment: lossy(150_000, 100, 1e8, 5e6, 0.01) },
  { name: "50 x 600 KB, 100 Mbit/s, 25 ms, 1 %", experiment: lossy(600_000, 50, 1e8, 25e6, 0.01) },
  { name: "20 x 3 MB, 1 Gbit/s, 5 ms, 0 %", experiment: lossy(3_000_000, 20, 1e9, 5e6, 0) },
];

const SECONDS = 2;
for (const { name, experiment } of cases) {
  // Compiled before it is measured, as in any study of more than a moment.
  for (let i = 0; i < 5; i++) runConnection(experiment, 1, i);
  let packets = 0;
  let seconds = 0;
  for (let seed = 0; seconds < SECONDS; seed++) {
    const began = process.cpuUsage();
    packets += runConnection(experiment, 2, seed).packets;
    const used = process.cpuUsage(began);
    seconds += (used.user + used.system) / 1e6;
  }
  console.log(`${name.padEnd(40)} ${Math.round(packets / seconds)} packets/s`);
}
