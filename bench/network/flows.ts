/**
 * @file How many packets the simulator puts on the wire per CPU second where 20 hosts and 50 flows share links, beside one
 * flow on the same way: frames from 18 cameras over a gateway to a server, everything computed for a millisecond.
 *
 *     npm run bench:network:flows
 */
import { simulateFrames, type FrameFlow, type FrameScenario } from "@split-et-impera/core/frames";
import { transportOf } from "@split-et-impera/core/network";

const BYTES = 150_000;
const FRAMES = 40;
const CAMERAS = 18;
const transport = { kind: "tcp" } as const;

/** Flows on cameras in turns; each over two links there, the second of which all share. */
function scenarioOf(flows: number, cameras: number): FrameScenario {
  const names = Array.from({ length: cameras }, (_, i) => `camera-${i + 1}`);
  const flow = (i: number): FrameFlow => {
    const from = names[i % cameras]!;
    return {
      name: `flow-${i + 1}`,
      period: 1e9,
      offset: i * 7e6,
      count: FRAMES,
      steps: [
        { kind: "compute", host: from, work: "head", part: "head", ns: 1e6 },
        {
          kind: "transfer",
          link: [`${from}-gateway`, "gateway-server"],
          from,
          to: "server",
          part: "wire",
          bytes: BYTES,
          transport,
        },
        { kind: "compute", host: "server", work: "tail", part: "tail", ns: 1e6 },
      ],
    };
  };
  return {
    hosts: [...names, "gateway", "server"],
    serving: { server: { cores: 4 } },
    links: [
      ...names.map((name) => ({
        name: `${name}-gateway`,
        from: name,
        to: "gateway",
        options: { rate: 1e8, delay: 1e6 },
      })),
      { name: "gateway-server", from: "gateway", to: "server", options: { rate: 1e9, delay: 4e6 } },
    ],
    flows: Array.from({ length: flows }, (_, i) => flow(i)),
    seed: 1,
  };
}

/** Packets on both links, acknowledgements included: nothing is lost, so that all are known. */
const { packets, backPackets } = transportOf(transport).cost(BYTES);
const perFrame = 2 * (packets + backPackets);

function rateOf(scenario: FrameScenario): number {
  const SECONDS = 2;
  let frames = 0;
  let seconds = 0;
  while (seconds < SECONDS) {
    const began = process.cpuUsage();
    frames += simulateFrames(scenario).flat().length;
    const used = process.cpuUsage(began);
    seconds += (used.user + used.system) / 1e6;
  }
  return (frames * perFrame) / seconds;
}

const one = scenarioOf(1, 1);
const many = scenarioOf(50, CAMERAS);
// Compiled before it is measured; by turns, since machines are not alike at all times.
for (const scenario of [one, many]) rateOf(scenario);
const ratios: number[] = [];
for (let turn = 0; turn < 5; turn++) {
  const [single, shared] = [rateOf(one), rateOf(many)];
  ratios.push(shared / single);
  console.log(`one flow ${Math.round(single)} packets/s, 50 flows of 20 hosts ${Math.round(shared)} packets/s`);
}
console.log(`ratio, median of five turns: ${ratios.sort((a, b) => a - b)[2]!.toFixed(2)}`);
