/** @file Whole commands, in this process: what they read is changed, or the words of the command line are. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { InputError } from "../../packages/core/dist/errors/index.js";
import { main } from "../../packages/sei/dist/cli/main.js";
import { mutateBytes } from "../mutate/bytes.ts";
import { mutateModel } from "../mutate/model.ts";
import { mutateTree } from "../mutate/tree.ts";
import { example, models, studies, workloads } from "../seeds.ts";
import type { Target } from "../target.ts";

/** Exit codes that say what happened (docs/commands.md). */
const sound = new Set([0, 1, 2, 3]);

/** Runs `sei` and keeps what it prints to itself. */
async function sei(words: readonly string[]): Promise<void> {
  const said: string[] = [];
  const streams = [process.stdout, process.stderr] as const;
  const writes = streams.map((stream) => stream.write.bind(stream));
  for (const stream of streams) stream.write = (text: unknown) => said.push(String(text).slice(0, 2000)) > 0;
  const { error, log } = console;
  console.error = console.log = (...all: unknown[]) => void said.push(all.map(String).join(" ").slice(0, 2000));
  let code: number;
  try {
    code = await main(words);
  } finally {
    streams.forEach((stream, i) => (stream.write = writes[i] as typeof stream.write));
    Object.assign(console, { error, log });
  }
  if (code === 1 || code === 2) throw new InputError("ERR_USAGE", said.join(""));
  if (!sound.has(code)) throw new Error(`sei ${words.join(" ")} ended with ${code}: ${said.join("").slice(0, 1500)}`);
}

const network = "network --rate 10Mbit/s --delay 5ms --loss 1% --size 20kB --count 20 --seed 3 --json";
const lines = [
  network,
  `${network} --transport udp --datagram 1000 --burst 3`,
  "network --rate 9600bit/s --delay 500ms --size 1kB --count 3 --congestion reno",
  "data --format conveyor --count 4",
  "cache --json",
  "inspect --help",
];

const modelFile = (input: unknown, folder: string): Promise<void> =>
  writeFile(join(folder, "model.onnx"), input as Uint8Array);

const model = (name: string, share: number, words: (file: string, folder: string) => string[]): Target => ({
  name: `sei ${name}`,
  share,
  seeds: models,
  mutate: (seed, random) => mutateModel(seed as Uint8Array, random),
  async read(input, folder) {
    await modelFile(input, folder);
    await sei([name, ...words(join(folder, "model.onnx"), folder)]);
  },
});

export const commands: readonly Target[] = [
  {
    name: "sei network and other words",
    share: 4000,
    seeds: () => lines.map((line) => line.split(" ")),
    mutate: mutateTree,
    async read(input, folder) {
      const words = (Array.isArray(input) ? input : [input]).flat(9).map((word) => String(word).slice(0, 5000));
      // Only the commands of the lines above: others write files where they are told to.
      if (!lines.some((line) => line.split(" ")[0] === words[0]) || words[0] === "data") words[0] = "network";
      if (words.some((word) => /trace|out|clear|pcap|csv/.test(word))) return;
      const count = words.indexOf("--count");
      if (count >= 0 && Number(words[count + 1]) > 200) words[count + 1] = "200";
      process.chdir(folder);
      await sei(words);
    },
  },
  {
    name: "sei check",
    share: 2000,
    seeds: studies,
    mutate: (seed, random) => stringify(mutateTree(seed, random)) ?? "",
    async read(input, folder) {
      await writeFile(join(folder, "study.yaml"), input as string);
      await sei(["check", join(folder, "study.yaml"), "--model", example("parts.onnx"), "--json"]);
    },
  },
  {
    name: "sei place --graph",
    share: 2000,
    seeds: workloads,
    mutate: (seed, random) => {
      const text = new TextEncoder().encode(JSON.stringify(mutateTree(seed, random)) ?? "");
      return random.integer(6) === 0 ? mutateBytes(text, random) : text;
    },
    async read(input, folder) {
      await writeFile(join(folder, "graph.json"), input as Uint8Array);
      await sei(["place", "--graph", join(folder, "graph.json"), "--time", "1", "--json"]);
    },
  },
  model("inspect", 300, (file) => [file, "--cuts"]),
  model("split", 150, (file, folder) => [file, "--at", "relu1", "--out", join(folder, "parts")]),
  model("gradient", 150, (file, folder) => [file, "--of", "logits", "--wrt", "image", "--out", join(folder, "g.onnx")]),
];
