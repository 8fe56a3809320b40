import { mkdtemp, writeFile, copyFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readStudy } from "./index.ts";

const conveyor = new URL("../../../examples/conveyor/parts.onnx", import.meta.url).pathname;

async function study(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sei-flows-"));
  await copyFile(conveyor, join(folder, "parts.onnx"));
  const file = join(folder, "study.yaml");
  await writeFile(file, `model: parts.onnx\ndata: { format: conveyor }\n${text}`);
  return file;
}

const line = `hosts: { camera: { speed: 1/60, copies: 4 }, server: {} }
links: [{ between: [camera, server], rate: 10 Mbit/s, delay: 1 ms }]
`;

test("a flow takes from the study what it does not say", async () => {
  const file = await study(`${line}frames: { rate: 20 fps, count: 2000, phase: random }
requirements: [latency p95 <= 50 ms, accuracy-drop <= 5 %, utilisation of server <= 80 %]
flows:
  inspect: {}
  count: { frames: { rate: 2 fps }, requirements: [latency p95 <= 200 ms] }
`);
  const { system } = await readStudy(file);
  expect(system).toMatchObject({ copies: { camera: 4 }, seconds: 100, requirements: [{ of: "server", value: 0.8 }] });
  const [inspect, count] = system!.flows;
  expect(inspect).toMatchObject({ name: "inspect", phase: "random", study: { frames: { rate: 20, count: 2000 } } });
  expect(inspect!.study.requirements.map(({ text }) => text)).toEqual(["latency p95 <= 50 ms", "accuracy-drop <= 5 %"]);
  expect(count!.study.frames).toMatchObject({ rate: 2, count: 200 });
  expect(count!.study.requirements.map(({ text }) => text)).toEqual(["accuracy-drop <= 5 %", "latency p95 <= 200 ms"]);
  expect(Object.keys(count!.study.hosts)).toEqual(["camera", "server"]);
});

test("a study with copies alone has one flow, called by its camera", async () => {
  const { system } = await readStudy(await study(line));
  expect(system!.flows.map(({ name, phase }) => [name, phase])).toEqual([["camera", "spread"]]);
});

test("a study of one flow knows nothing of systems", async () => {
  const file = await study(line.replace(", copies: 4", ""));
  expect(await readStudy(file)).not.toHaveProperty("system");
});

const wrong: [what: string, text: string, message: string][] = [
  [
    "copies of a host that captures for nobody",
    line.replace("server: {}", "server: { copies: 2 }"),
    "hosts.server.copies: expected copies only of hosts that capture (camera), got those of server",
  ],
  [
    "a bound on the whole of a study of one flow",
    `${line.replace(", copies: 4", "")}requirements: [utilisation of server <= 80 %]\n`,
    "expected `flows` or `copies` in the study",
  ],
  [
    "a bound on a link that there is not",
    `${line}requirements: [bytes on camera-sever <= 1 Mbit/s]\n`,
    'expected the name of a link in "bytes on camera-sever <= 1 Mbit/s", got "camera-sever"',
  ],
  [
    "a flow without a way",
    `hosts: { camera: {}, reader: {}, server: {} }
links: [{ between: [camera, server], rate: 1 Mbit/s, delay: 0 ms }, { between: [camera, reader], rate: 1 Mbit/s, delay: 0 ms }]
flows: { inspect: {}, read: { frames: { host: reader } } }
`,
    'flows.read: expected links from "reader", which captures, to another host, got none but camera, which captures for another flow',
  ],
  [
    "a model of a flow that is not there",
    `${line}flows: { inspect: {}, count: { model: other.onnx } }\n`,
    "flows.count.model: expected an ONNX model (or give --model), but there is no",
  ],
  [
    "frames that are too few to be sure",
    `${line}requirements: [latency p95 <= 50 ms]\nflows: { inspect: {}, count: { frames: { rate: 2 fps } } }\n`,
    "frames.count: flow count: expected 72 frames of each camera or more to be sure of `latency p95 <= 50 ms`, got 50 in 25 s; set frames.count to 720, or",
  ],
  [
    "a flow that cannot use a host that the study names",
    `hosts: { camera: {}, reader: {}, server: {} }
links: [{ between: [camera, server], rate: 1 Mbit/s, delay: 0 ms }, { between: [reader, server], rate: 1 Mbit/s, delay: 0 ms }]
flows: { inspect: {}, read: { frames: { host: reader } } }
explore: { hosts: [camera, server] }
`,
    'explore.hosts[0]: flow read: expected the name of a host, got "camera"; the hosts are reader, server',
  ],
  [
    "an unknown field of a flow",
    `${line}flows: { inspect: { fames: {} } }\n`,
    'flows.inspect.fames: unknown key "fames"',
  ],
];

test.each(wrong)("%s is refused in clear words", async (_, text, message) => {
  await expect(readStudy(await study(text))).rejects.toThrow(message);
});

test.each(["sei policy", "sei score", "sei simulate"] as const)(
  "%s takes one flow and says who takes several",
  async (use) => {
    await expect(readStudy(await study(line), {}, use)).rejects.toThrow(
      `expected one flow of one camera, since \`${use}\` takes no \`flows\` and \`copies\` for now`,
    );
  },
);
