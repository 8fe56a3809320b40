/** @file What becomes of frames without an answer of the design's own, and which answers are taken for theirs. */
import { openAnswers } from "@split-et-impera/core/deploy";
import type { Engine } from "@split-et-impera/core/engine";
import { InputError } from "@split-et-impera/core/errors";
import { describe, expect, test } from "vitest";
import { writeAnswer } from "./answer.ts";
import { deploymentOver, engine, frameOf, hear, insecure, pair, until } from "./testing/pair.ts";
import { rawServer } from "./testing/raw.ts";

const nowhere = { server: { host: "127.0.0.1", port: 9 } };

/** Its tail refuses whatever is not zero. */
const broken: Engine = {
  ...engine,
  async load(model, options) {
    const session = await engine.load(model, options);
    if (!String(model).endsWith("tail.onnx")) return session;
    const refuse = (): never => {
      throw new InputError("ERR_MODEL_RUN", "the engine refuses this");
    };
    const run: typeof session.run = async (feeds, outputs) =>
      Object.values(feeds)[0]!.data[0] === 0 ? session.run(feeds, outputs) : refuse();
    return { ...session, run };
  },
};

describe("the rest of the model, run here", () => {
  test.each([
    ["answers with what is no number", engine, NaN],
    ["is refused by the engine", broken, 3],
  ])("%s: no answer, and the host goes on", async (_, of, value) => {
    const { host, records } = await hear({
      deployment: deploymentOver("tcp"),
      host: "camera",
      trust: insecure("camera"),
      addresses: nowhere,
      fallback: "local",
      engine: of,
    });
    host.capture(frameOf(value));
    // Its tail is fed with zeros.
    host.capture(frameOf(-1));
    await host.drained();
    expect(records[0]).toMatchObject({ frame: 0, why: "unreadable", deadlineMet: false });
    expect(records[0]).not.toHaveProperty("answer");
    expect(records[1]).toMatchObject({ frame: 1, fallback: "local" });
    expect(host.counters.unreadable).toBe(1);
    await host[Symbol.asyncDispose]();
  });

  test("is refused at the start where the answers are due elsewhere", async () => {
    const deployment = deploymentOver("tcp");
    deployment.frames.answer.host = "server";
    delete deployment.answer;
    const camera = { deployment, host: "camera", trust: insecure("camera"), addresses: nowhere };
    await expect(hear({ ...camera, fallback: "local" })).rejects.toMatchObject({
      code: "ERR_DEPLOYMENT_HOST",
      message: expect.stringContaining("the answers are due at server"),
    });
  });

  test("answers where the other host says that it will not", async () => {
    await using hosts = await pair("tcp", { fallback: "local" }, { engine: broken });
    const { host, records } = hosts.camera;
    host.capture(frameOf(3));
    await host.drained();
    expect(records).toMatchObject([{ answer: { says: 1 }, fallback: "local" }]);
  });
});

test("the other host says why a frame has no answer", async () => {
  await using hosts = await pair("tcp", {}, { engine: broken });
  const { host, records } = hosts.camera;
  host.capture(frameOf(3));
  await host.drained();
  expect(records).toMatchObject([{ why: "unreadable" }]);
});

describe("a frame and its answer", () => {
  const deployment = deploymentOver("tcp", 100_000_000);
  const none = { waited: 0, decode: 0, work: 0, missing: 0 };
  const answer = writeAnswer({ says: 2, score: 1 }, none, openAnswers(deployment));
  const camera = { deployment, host: "camera", trust: insecure("camera") };

  test("of another run are not taken for one another", async () => {
    await using server = await rawServer(deployment);
    const { host, records } = await hear({ ...camera, addresses: { server: server.address } });
    await until(() => host.ready);
    host.capture(frameOf(3));
    await until(() => server.frames.length === 1);
    const { frame, plan } = server.frames[0]!;
    const reply = { kind: "answer", plan, frame, body: answer, budgetMicros: 1 } as const;
    server.send({ ...reply, plan: (plan + 1) % 256, body: answer.toReversed() });
    server.send({ ...reply, kind: "nothing", plan: (plan + 1) % 256, body: new Uint8Array(1) });
    server.send(reply);
    await host.drained();
    expect(records).toMatchObject([{ answer: { says: 2 } }]);
    await host[Symbol.asyncDispose]();
  });

  test("say how long there is, and nothing where it is late", async () => {
    await using server = await rawServer(deployment);
    const pace = (work: string, frame: number) => (work.startsWith("head") && frame === 1 ? 120e6 : undefined);
    const { host, records } = await hear({ ...camera, addresses: { server: server.address }, pace });
    await until(() => host.ready);
    host.capture(frameOf(3));
    host.capture(frameOf(3));
    await until(() => server.frames.length === 2);
    const [inTime, late] = server.frames.map(({ budgetMicros }) => budgetMicros);
    expect(inTime).toBeGreaterThan(0);
    expect(late).toBe(0);
    await host.drained();
    expect(records).toMatchObject([{ why: "lost" }, { why: "lost" }]);
    await host[Symbol.asyncDispose]();
  });
});

test("where the link does not keep up, frames are dropped before they fill the memory", async () => {
  const deployment = deploymentOver("tcp", 1e9);
  await using server = await rawServer(deployment, false);
  const { host, records } = await hear({
    deployment,
    host: "camera",
    trust: insecure("camera"),
    addresses: { server: server.address },
    inFlight: 4000,
  });
  await until(() => host.ready);
  // 48 MB.
  for (let i = 0; i < 4000; i++) host.capture(frameOf(3));
  await until(() => records.length > 100);
  expect(new Set(records.map(({ why }) => why))).toEqual(new Set(["dropped"]));
  expect(records[0]!.frame).toBeGreaterThan(1000);
  expect(host.ready).toBe(true);
  await host[Symbol.asyncDispose]();
});
