/** @file Problems that model or data have with a field of a study: told with the line where it stands. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { placed } from "./index.ts";

const text = `model: parts.onnx
explore:
  candidates: [block9/MaxPool]
links:
  - { rate: 1 Mbit/s }
flows:
  count: { explore: { candidates: [x] } }
  inspect: {}
`;

test("the place of a field that the study has is put before what is said of it", async () => {
  const file = join(await mkdtemp(join(tmpdir(), "sei-placed-")), "study.yaml");
  await writeFile(file, text);
  const of = async (problem: string): Promise<string> => (await placed(file, problem)).replace(file, "FILE");
  expect(await of("explore.candidates: is none; see\nbelow")).toBe("FILE:3:15 explore.candidates: is none; see\nbelow");
  expect(await of("links[0].rate: too slow")).toBe("FILE:5:13 links[0].rate: too slow");
  // A flow's own field stands with it, another with the study.
  expect(await of("flow count: explore.candidates: is none")).toBe("FILE:7:35 flows.count.explore.candidates: is none");
  expect(await of("flow inspect: explore.candidates: is none")).toBe(
    "FILE:3:15 explore.candidates: flow inspect: is none",
  );
  for (const other of [
    "parts.onnx: is no model",
    "explore.codecs: not said there",
    "a sentence",
    "error: of something",
  ])
    expect(await of(other)).toBe(other);
});
