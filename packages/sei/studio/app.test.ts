import type { Told } from "@split-et-impera/studio";
import { mkdtemp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { studioApp } from "./app.ts";
import { Documents } from "./documents.ts";
import { Runs } from "./runs.ts";
import { saliencyRoutes } from "./saliency-routes.ts";

const host = "127.0.0.1:4000";
const token = "secret-token";
let folder: string;
let app: ReturnType<typeof studioApp>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "studio-"));
  await mkdir(join(folder, "mine"));
  await writeFile(join(folder, "mine/study.yaml"), "# kept\nname: Mine\nlinks:\n  - { rate: 10 Mbit/s } # slow\n");
  await writeFile(join(folder, "study.yaml"), "name: Other\n");
  await symlink(folder, join(folder, "mine/outside"));
  const page = new Map([["index.html", { type: "text/html", body: new Uint8Array([60]), hashed: false }]]);
  const documents = await Documents.open([join(folder, "mine")]);
  app = studioApp({
    token,
    hosts: [host],
    documents,
    runs: new Runs(),
    page,
    signal: new AbortController().signal,
  });
});

afterAll(() => rm(folder, { recursive: true }));

const cookie = `sei-studio-4000=${token}`;

async function ask(path: string, headers: Record<string, string> = {}, body?: unknown) {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  return app.request(`http://${host}${path}`, { ...init, headers: { host, ...headers } });
}

test("saliency is asked for by classes, or by an image and a layer, of a study that is open", async () => {
  const { documents } = (await (await ask("/api/state", { cookie })).json()) as {
    documents: { id: string; kind: string }[];
  };
  const { id } = documents.find(({ kind }) => kind === "study")!;
  const bad = [
    {},
    { classes: [1] },
    { classes: "A" },
    { image: -1, layer: "a" },
    { image: 0.5, layer: "a" },
    { image: 1 },
  ];
  for (const body of bad) {
    const answer = await ask(`/api/saliency/${id}`, { cookie }, body);
    expect([body, answer.status]).toEqual([body, 400]);
  }
  expect((await ask("/api/saliency/0123456789ab", { cookie }, { classes: [] })).status).toBe(400);
  expect((await ask(`/api/saliency/${id}`, {}, { classes: [] })).status).toBe(403);
});

test("saliency that cannot be computed, or takes too long, says so and its process has ended", async () => {
  const documents = await Documents.open([join(folder, "mine")]);
  const { id } = (await documents.list())[0]!;
  const told = async (minutes?: number) => {
    const one = saliencyRoutes(documents, new AbortController().signal, { minutes, cache: join(folder, "cache") });
    const answer = await one.request(`/${id}`, { method: "POST", body: JSON.stringify({ image: 0, layer: "a" }) });
    return JSON.parse((await answer.text()).trim().split("\n").at(-1)!) as Told<never>;
  };
  // The answer ends when its process has.
  expect(await told(0.0001)).toEqual({
    error: expect.stringMatching(/^It took more than 0\.0001 minutes and was ended/),
  });
  expect(await told()).toEqual({ error: expect.stringMatching(/study\.yaml/) });
}, 60_000);

test("studies and results are called what they call themselves, or what a study is called without a name", async () => {
  const own = await mkdtemp(join(tmpdir(), "studio-titles-"));
  const files: Record<string, string> = {
    "a/study.yaml": '# name: not this\nname: "Caf\\u00e9, \\"5\\" doors" # said\n',
    "b/study.yaml": "model: m.onnx\n",
    "b/study-two.yaml": "name: [no, name]\n",
    "c/result.json": `{"format":2, "date":"x", "study": { "name": "A \\"belt\\"", "model": "m" }}`,
    "d/result.json": "{}",
  };
  for (const [file, text] of Object.entries(files)) {
    await mkdir(join(own, file, ".."), { recursive: true });
    await writeFile(join(own, file), text);
  }
  const list = await (await Documents.open([own])).list();
  expect(Object.fromEntries(list.map(({ file, title }) => [file.slice(own.length + 1), title]))).toEqual({
    "a/study.yaml": `Café, "5" doors`,
    "b/study.yaml": "b",
    "b/study-two.yaml": "study-two",
    "c/result.json": `A "belt"`,
    "d/result.json": undefined,
  });
  await rm(own, { recursive: true });
});

describe("who is let in", () => {
  test("the token of the printed address becomes a cookie and leaves the address", async () => {
    const answer = await ask(`/designs?sort=bytes&token=${token}`);
    expect(answer.status).toBe(302);
    expect(answer.headers.get("location")).toBe("/designs?sort=bytes");
    expect(answer.headers.get("set-cookie")).toMatch(/^sei-studio-4000=secret-token;.*HttpOnly; SameSite=Strict$/);
  });

  test.each([
    ["no token", "/api/state", {}],
    ["a wrong one", "/?token=other", {}],
    ["the token in an address of data", `/api/state?token=${token}`, {}],
    ["a cookie of another studio", "/api/state", { cookie: `sei-studio-4001=${token}` }],
    ["a name that was made to point here", "/api/state", { cookie, host: "evil.example:4000" }],
    ["a page elsewhere", "/api/state", { cookie, origin: "http://evil.example" }],
    ["another port's page", "/api/state", { cookie, origin: "http://127.0.0.1:5000" }],
  ])("%s is refused", async (_, path, headers) => {
    expect((await ask(path, headers)).status).toBe(403);
  });

  test("the page may load what the server has, and nothing that stands in it", async () => {
    const answer = await ask("/what-if", { cookie });
    expect(answer.status).toBe(200);
    const policy = answer.headers.get("content-security-policy")!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect((await ask("/assets/none.js", { cookie })).status).toBe(404);
  });
});

describe("files", () => {
  test("only those below the folders that were given are there", async () => {
    const { documents } = (await (await ask("/api/state", { cookie })).json()) as {
      documents: { id: string; name: string; file: string }[];
    };
    expect(documents.map(({ name }) => name)).toEqual(["mine"]);
    expect((await ask("/api/results/nothing", { cookie })).status).toBe(400);
    const { id } = documents[0]!;
    for (const as of ["../study-x.yaml", "study.yaml", "/tmp/study.yaml", "notes.txt", "outside/study-x.yaml"]) {
      const answer = await ask(`/api/studies/${id}/save`, { cookie, origin: `http://${host}` }, { as, changes: [] });
      expect([as, answer.status]).toEqual([as, 400]);
    }
  });

  test("a study is saved beside the first, and over nothing that was there", async () => {
    const state = (await (await ask("/api/state", { cookie })).json()) as { documents: { id: string }[] };
    const save = (as: string, rate: string) =>
      ask(
        `/api/studies/${state.documents[0]!.id}/save`,
        { cookie },
        { as, changes: [{ path: ["links", 0, "rate"], value: rate }] },
      );
    expect((await save("study-new.yaml", "1 Mbit/s")).status).toBe(200);
    expect((await save("study-new.yaml", "2 Mbit/s")).status).toBe(200);
    expect(await readFile(join(folder, "mine/study-new.yaml"), "utf8")).toContain("{ rate: 2 Mbit/s } # slow");
    await writeFile(join(folder, "mine/study-old.yaml"), "name: Old\n");
    expect((await save("study-old.yaml", "1 Mbit/s")).status).toBe(400);
    expect(await readFile(join(folder, "mine/study-old.yaml"), "utf8")).toBe("name: Old\n");
    await rm(join(folder, "mine/study-new.yaml"));
    await rm(join(folder, "mine/study-old.yaml"));
  });

  test("a changed study keeps its comments", async () => {
    const state = (await (await ask("/api/state", { cookie })).json()) as { documents: { id: string }[] };
    const changes = [
      { path: ["links", 0, "rate"], value: "20 Mbit/s" },
      { path: ["links", 0, "loss"], value: { rate: "2 %", burst: 3 } },
    ];
    const answer = await ask(`/api/studies/${state.documents[0]!.id}/changed`, { cookie }, { changes });
    expect(((await answer.json()) as { changed: string }).changed).toBe(
      "# kept\nname: Mine\nlinks:\n  - { rate: 20 Mbit/s, loss: { rate: 2 %, burst: 3 } } # slow\n",
    );
    const bad = await ask(`/api/studies/${state.documents[0]!.id}/changed`, { cookie }, { changes: [{ path: [] }] });
    expect(bad.status).toBe(400);
  });
});
