import { expect, test } from "vitest";
import { framesCsv } from "./frames-csv.ts";

test("ids that hold commas and quotes stay one field, and frames that never came have no latency", async () => {
  async function* found() {
    yield {
      loss: 0.01,
      design: 'SC@a,"b" uint8 tcp',
      frames: [
        { image: 0, latency: 0.0125, right: 1 },
        { image: 1, latency: Infinity, right: 0 },
      ],
    };
    yield {
      loss: 0,
      design: "LC",
      frames: Array.from({ length: 25_000 }, () => ({ image: 7, latency: 1, right: 1 })),
    };
  }
  const parts: string[] = [];
  for await (const part of framesCsv(found())) parts.push(part);
  const lines = parts.join("").split("\n");
  expect(lines.slice(0, 4)).toEqual([
    "loss,design,frame,image,latency_s,right",
    '0.01,"SC@a,""b"" uint8 tcp",0,0,0.0125,1',
    '0.01,"SC@a,""b"" uint8 tcp",1,1,,0',
    "0,LC,0,7,1,1",
  ]);
  expect(lines.slice(-2)).toEqual(["0,LC,24999,7,1,1", ""]);
});
