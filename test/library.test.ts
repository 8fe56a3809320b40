/** @file The README's script runs, on a study that takes seconds. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));

const study = `
model: ${join(root, "examples/conveyor/parts.onnx")}
data: { format: conveyor, normalise: { mean: 0.5, std: 0.25 }, limit: { test: 20, train: 20 } }
hosts: { camera: { speed: 1/20 }, server: {} }
links: [{ between: [camera, server], rate: 10 Mbit/s, delay: 5 ms }]
frames: { count: 40 }
explore: { scenarios: [LC, RC], inputs: [raw], losses: [] }
`;

test("it prints every design, and one of them at another loss", { timeout: 120_000 }, async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const script = /```js\n([^`]*runStudy[^`]*)```/.exec(readme)![1]!;
  expect(script.trim().split("\n").length).toBeLessThanOrEqual(15);
  const folder = await mkdtemp(join(tmpdir(), "library-"));
  try {
    await writeFile(join(folder, "study.yaml"), study);
    const text = script.replace("examples/conveyor/study.yaml", join(folder, "study.yaml"));
    expect(text).not.toBe(script);
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", text], {
      cwd: root,
      env: { ...process.env, SEI_CACHE: join(folder, "cache") },
    });
    const lines = stdout.trim().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines.slice(0, 3).map((line) => line.split(" ")[0])).toEqual(expect.arrayContaining(["LC", "RC"]));
    expect(lines[3]).toMatch(/ at 2 % loss: \S+ \S+$/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
