import { expect, it } from "vitest";
import { parse } from "yaml";
import { changedText } from "./changed-study.ts";

const study = `# kept
name: Mine   # as it is
hosts:
  camera: { speed: 1/60, memory: 512 kB }
  server: {}
links:
  - between: [camera, server]
    rate: 250 kbit/s # slow
    loss: 0.5 %
requirements:
  - latency p95 <= 50 ms
`;

it("changes values where they stand, and nothing else", () => {
  const changed = changedText(study, [
    { path: ["links", 0, "rate"], value: "1 Mbit/s" },
    { path: ["links", 0, "loss"], value: { rate: "2 %", burst: 3 } },
    { path: ["hosts", "camera", "speed"], value: 0.05 },
    { path: ["requirements", 0], value: "latency p95 <= 60 ms" },
  ]);
  expect(changed).toBe(
    study
      .replace("250 kbit/s", "1 Mbit/s")
      .replace("0.5 %", "{ rate: 2 %, burst: 3 }")
      .replace("1/60", "0.05")
      .replace("50 ms", "60 ms"),
  );
});

it("adds what does not stand there, behind what it belongs to", () => {
  const changed = changedText(study, [
    { path: ["links", 0, "delay"], value: "5 ms" },
    { path: ["hosts", "camera", "encode"], value: "2 ms" },
    { path: ["hosts", "server", "speed"], value: 2 },
    { path: ["explore", "protections"], value: ["xor 4"] },
  ]);
  expect(changed).toBe(
    study
      .replace("loss: 0.5 %", "loss: 0.5 %\n    delay: 5 ms")
      .replace("512 kB }", "512 kB, encode: 2 ms }")
      .replace("server: {}", "server: { speed: 2 }")
      .replace("<= 50 ms\n", "<= 50 ms\nexplore: { protections: [xor 4] }\n"),
  );
});

it.each(["a: b", "# no comment", "[x]", "- y", "yes", "it's", 'say "so"', "1", ", z", "{", "</script>"])(
  "a value stays what it is: %s",
  (value) => {
    expect(parse(changedText("name: Mine\n", [{ path: ["name"], value }]))).toEqual({ name: value });
    expect(parse(changedText("x: { name: Mine }\n", [{ path: ["x", "list"], value: [value] }]))).toEqual({
      x: { name: "Mine", list: [value] },
    });
  },
);

it("refuses fields of what has none", () => {
  expect(() => changedText("name: Mine\n", [{ path: ["name", "of"], value: 1 }])).toThrow(/expected fields/);
});
