/** @file The packages as their users get them: packed, checked, installed into an empty folder, imported and run. */
import { createPackageFromTarballData, checkPackage } from "@arethetypeswrong/core";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const names = ["core", "ort", "charts", "runtime", "studio", "sei"] as const;
const run = promisify(execFile);
let folder: string;
const tarballs = new Map<string, string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "packages-"));
  for (const name of names) {
    // The file is looked for in its folder: what npm prints holds what the builds before packing print, in colours or not.
    const own = await mkdtemp(join(folder, "tarball-"));
    await npm(join(root, "packages", name), "pack", "--pack-destination", own);
    const [file] = await readdir(own);
    tarballs.set(name, join(own, file!));
  }
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

function npm(cwd: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run("npm", args, { cwd, maxBuffer: 64e6, env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" } });
}

/** Installs packages from their tarballs into a fresh folder; undefined where no registry can be reached. */
async function install(into: string, ...wanted: (typeof names)[number][]): Promise<string | undefined> {
  const place = join(folder, into);
  await rm(place, { recursive: true, force: true });
  const files = wanted.map((name) => tarballs.get(name)!);
  try {
    await run("mkdir", ["-p", place]);
    await writeFile(join(place, "package.json"), `{ "name": "user", "version": "1.0.0", "private": true }\n`);
    await npm(place, "install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", ...files);
    return place;
  } catch (error) {
    if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENOTCACHED|ETIMEDOUT/.test(String(error))) return undefined;
    throw error;
  }
}

describe.each(names)("%s", (name) => {
  test("has nothing that publint finds wrong", async () => {
    const { messages } = await publint({ pkgDir: join(root, "packages", name), pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  test("has types that every ES module finds", async () => {
    const found = await checkPackage(createPackageFromTarballData(await readFile(tarballs.get(name)!)));
    expect(found.types).not.toBe(false);
    // ES modules alone: CommonJS reaches them by import(), and resolution before `exports` (node10) not at all.
    const problems = found.types === false ? [] : found.problems;
    const ours = problems.filter(
      (one) => one.kind !== "CJSResolvesToESM" && !("resolutionKind" in one && one.resolutionKind === "node10"),
    );
    expect(ours).toEqual([]);
  });
});

const study = `
model: node_modules/split-et-impera/examples/conveyor/parts.onnx
data: { format: conveyor, normalise: { mean: 0.5, std: 0.25 }, limit: { test: 20, train: 20 } }
hosts: { camera: { speed: 1/20 }, server: {} }
links: [{ between: [camera, server], rate: 10 Mbit/s, delay: 5 ms }]
frames: { count: 20 }
explore: { scenarios: [LC, RC], inputs: [raw], losses: [0 %] }
`;

test(
  "installed from their tarballs: every sub-path is imported, and a study runs",
  { timeout: 240_000 },
  async (context: TestContext) => {
    const place = await install("whole", ...names);
    if (place === undefined) context.skip("the registry cannot be reached");
    const folders = await readdir(join(place, "node_modules/@split-et-impera/core/dist"), { withFileTypes: true });
    const paths = [
      "split-et-impera",
      "split-et-impera/data",
      ...["core", "ort", "charts", "runtime", "studio"].map((name) => `@split-et-impera/${name}`),
      ...folders.filter((one) => one.isDirectory()).map(({ name }) => `@split-et-impera/core/${name}`),
    ];
    const script = `for (const path of ${JSON.stringify(paths)}) if (!(await import(path))) throw new Error(path);`;
    await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: place });
    await writeFile(join(place, "study.yaml"), study);
    const options = { cwd: place, env: { ...process.env, SEI_CACHE: join(folder, "cache"), CI: "true" } };
    const { stdout } = await run(
      "npx",
      ["--no-install", "sei", "design", "study.yaml", "--out", "out", "--json"],
      options,
    );
    const { verdict } = JSON.parse(stdout) as { verdict: { recommended?: string } };
    expect(verdict.recommended).toMatch(/^(LC|RC raw (tcp|udp))$/);
    expect(await readdir(join(place, "out"))).toContain("report.html");
  },
);

/** Bytes of a folder with all that lies in it. */
async function sizeOf(path: string): Promise<number> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map((file) => stat(join(file.parentPath, file.name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

test(
  "a host at the edge needs no report, charts or image libraries",
  { timeout: 240_000 },
  async (context: TestContext) => {
    const place = await install("edge", "core", "ort", "runtime");
    if (place === undefined) context.skip("the registry cannot be reached");
    const modules = join(place, "node_modules");
    const found = await readdir(modules);
    for (const name of ["sharp", "@observablehq", "linkedom", "split-et-impera"]) expect(found).not.toContain(name);
    const engine = await sizeOf(join(modules, "onnxruntime-node"));
    const rest = (await sizeOf(modules)) - engine;
    console.log(
      `edge host: ${(rest / 1e6).toFixed(0)} MB beside ${(engine / 1e6).toFixed(0)} MB of the engine's package`,
    );
    expect(rest).toBeLessThan(50e6);
  },
);
