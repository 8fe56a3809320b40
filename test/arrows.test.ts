/** @file Imports point one way: the table of allowed arrows between packages, and between the folders of core. */
import { glob, readFile } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const packages = fileURLToPath(new URL("../packages/", import.meta.url));

/** What a package may import beside itself. */
const packageArrows: Record<string, readonly string[]> = {
  core: [],
  ort: ["core"],
  charts: ["core"],
  runtime: ["core", "ort"],
  studio: ["core", "charts"],
  sei: ["core", "ort", "charts", "runtime", "studio"],
};

/** Core in layers: a folder may import those of earlier lines. */
const coreLayers: readonly (readonly string[])[] = [
  ["errors"],
  ["random", "units", "tensor", "graphs", "statistics"],
  ["predict"],
  ["engine", "wire"],
  ["onnx", "network"],
  ["frames", "cost", "gradient", "conveyor"],
  ["training", "placement", "pipeline"],
  ["task"],
  ["saliency"],
  // What a study may say is told by the rows of the tables below it.
  ["study"],
  ["bottleneck", "exits"],
  ["design"],
  ["policy"],
  ["system"],
  ["deploy"],
];

/** What a package's tests may import beside that: core's run their networks on a real engine. */
const testArrows: Record<string, readonly string[]> = {
  core: ["ort"],
  ort: [],
  charts: [],
  runtime: [],
  studio: [],
  sei: [],
};

interface Arrow {
  file: string;
  /** Whether it stands in a test, or in what tests share. */
  test: boolean;
  from: string;
  to: string;
}

async function arrows(): Promise<Arrow[]> {
  const found: Arrow[] = [];
  for await (const file of glob("*/**/*.{ts,tsx}", {
    cwd: packages,
    exclude: (name) => /^(dist|node_modules)$/.test(name),
  })) {
    if (/[/\\]dist[/\\]|[/\\]node_modules[/\\]|\.d\.ts$/.test(file)) continue;
    const test = /\.test\.ts$|[/\\]testing[/\\]/.test(file);
    const text = await readFile(resolve(packages, file), "utf8");
    for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
      const to = targetOf(file, target!);
      if (to !== undefined) found.push({ file, test, from: placeOf(file), to });
    }
  }
  return found;
}

/** `core/onnx`, or the package alone elsewhere. */
function placeOf(file: string): string {
  const [name, folder, more] = file.split(sep);
  return name === "core" && more !== undefined ? `core/${folder}` : name!;
}

function targetOf(file: string, target: string): string | undefined {
  const own = /^@split-et-impera\/([a-z]+)(?:\/([a-z]+))?$/.exec(target);
  if (own) return own[1] === "core" && own[2] !== undefined ? `core/${own[2]}` : own[1]!;
  if (!target.startsWith(".")) return undefined;
  return placeOf(relative(packages, resolve(packages, dirname(file), target)));
}

test("packages import only what stands below them", async () => {
  const all = await arrows();
  expect(all.length).toBeGreaterThan(1000);
  const wrong = all.filter(({ from, to, test }) => {
    const [a, b] = [from.split("/")[0]!, to.split("/")[0]!];
    return a !== b && !packageArrows[a]?.includes(b) && !(test && testArrows[a]?.includes(b));
  });
  expect(wrong).toEqual([]);
  expect(all.filter(({ test }) => test).length).toBeGreaterThan(500);
});

test("the folders of core import only what stands in earlier layers", async () => {
  const layerOf = (place: string): number =>
    coreLayers.findIndex((layer) => layer.includes(place.replace("core/", "")));
  const inside = (await arrows()).filter(
    ({ from, to, test }) => !test && from.startsWith("core/") && to.startsWith("core/"),
  );
  expect([...new Set(inside.flatMap(({ from, to }) => [from, to]))].filter((place) => layerOf(place) < 0)).toEqual([]);
  const wrong = inside.filter(({ from, to }) => from !== to && layerOf(to) >= layerOf(from));
  expect([...new Set(wrong.map(({ from, to, file }) => `${from} -> ${to} (${file})`))]).toEqual([]);
});
