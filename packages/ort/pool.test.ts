/** @file The pool of loaded models: the same one is loaded once, few stay, none is left. */
import type { Engine } from "@split-et-impera/core/engine";
import { expect, it } from "vitest";
import { pooled } from "./pool.ts";

/** An engine that counts what is loaded. */
function counting() {
  const loaded: number[] = [];
  let loads = 0;
  const engine: Engine = {
    name: "counting 1",
    load(model) {
      const [id] = model as Uint8Array;
      loads++;
      if (id === 99) return Promise.reject(new Error("broken"));
      loaded.push(id!);
      return Promise.resolve({
        inputs: ["x"],
        outputs: ["y"],
        run: () => Promise.resolve({}),
        release: () => {
          loaded.splice(loaded.indexOf(id!), 1);
          return Promise.resolve();
        },
      });
    },
  };
  return { engine, loaded, loads: () => loads };
}

const model = (id: number, bytes = 1): Uint8Array => new Uint8Array(bytes).fill(id);

it("a model that was given back is used again, with the same options only", async () => {
  const { engine, loads, loaded } = counting();
  await using pool = pooled(engine);
  for (let i = 0; i < 3; i++) await (await pool.load(model(1))).release();
  expect(loads()).toBe(1);
  await (await pool.load(model(1), { optimisation: "none" })).release();
  expect(loads()).toBe(2);
  expect(loaded).toEqual([1, 1]);
});

it("of idle ones few stay, the last used; those in use stay", async () => {
  const { engine, loaded } = counting();
  const pool = pooled(engine, { models: 2, bytes: 100 });
  const used = await pool.load(model(7));
  for (const id of [1, 2, 1, 3]) await (await pool.load(model(id))).release();
  expect(loaded).toEqual([7, 1, 3]);
  await (await pool.load(model(4, 101))).release();
  expect(loaded).toEqual([7]);
  await used.release();
  await used.release();
  expect(loaded).toEqual([7]);
});

it("disposing leaves none loaded, those given back later neither", async () => {
  const { engine, loaded } = counting();
  const pool = pooled(engine);
  await (await pool.load(model(1))).release();
  const used = [await pool.load(model(2)), await pool.load(model(2))];
  await pool[Symbol.asyncDispose]();
  expect(loaded).toEqual([2]);
  for (const one of used) await one.release();
  expect(loaded).toEqual([]);
});

it("a model that cannot be loaded is asked for again", async () => {
  const { engine, loads } = counting();
  await using pool = pooled(engine);
  for (let i = 0; i < 2; i++) await expect(pool.load(model(99))).rejects.toThrow("broken");
  expect(loads()).toBe(2);
});
