/** @file The commands of `sei`, by name. A command's module is loaded when it is called. */
import type { ArgsDef } from "citty";
import type { Command } from "../command.ts";

interface Entry {
  description: string;
  load(): Promise<Command>;
}

/** A row per command; the line shown in the list stands here so that `sei --help` loads nothing. */
export const commands: Record<string, Entry> = {
  design: {
    description: "find the best design for a study, with evidence and files",
    load: () => load(import("./design.ts")),
  },
  capacity: {
    description: "find how many cameras the recommended system carries, and what to buy for more",
    load: () => load(import("./capacity.ts")),
  },
  worker: {
    description: "do the work of studies that are designed elsewhere, from a queue in PostgreSQL",
    load: () => load(import("./worker.ts")),
  },
  report: {
    description: "draw the report of a saved result again, and its charts as files",
    load: () => load(import("./report.ts")),
  },
  compare: {
    description: "tell what changed between results, and what of it is more than noise",
    load: () => load(import("./compare.ts")),
  },
  results: {
    description: "show many results as one table, filtered, as CSV or Parquet, or against each other",
    load: () => load(import("./results.ts")),
  },
  check: {
    description: "check a study and show it with every default filled in",
    load: () => load(import("./check.ts")),
  },
  inspect: { description: "show a model's size, shapes and legal cuts", load: () => load(import("./inspect.ts")) },
  split: { description: "split a model at a tensor into head and tail", load: () => load(import("./split.ts")) },
  join: { description: "compose the segments of a split model again", load: () => load(import("./join.ts")) },
  chain: {
    description: "make one model of several, each fed by those before it",
    load: () => load(import("./chain.ts")),
  },
  saliency: {
    description: "compute the Cumulative Saliency curve and its candidates",
    load: () => load(import("./saliency.ts")),
  },
  score: {
    description: "tell how good a whole model is on data, by its task's metrics",
    load: () => load(import("./score.ts")),
  },
  wire: {
    description: "tell what a cut sends in every codec, what that keeps of the quality, and what lost datagrams take",
    load: () => load(import("./wire.ts")),
  },
  "science correlate": {
    description: "tell what predicts how well a model splits at each of its layers",
    load: () => load(import("./science-correlate.ts")),
  },
  "science summary": {
    description: "tell what predicts good splits, from what was found for several models",
    load: () => load(import("./science-summary.ts")),
  },
  gradient: {
    description: "write a model whose further outputs are gradients",
    load: () => load(import("./gradient.ts")),
  },
  train: {
    description: "train a model, or the part after or before a tensor, on images",
    load: () => load(import("./train.ts")),
  },
  data: {
    description: "count a data set's images by class and draw samples as one picture",
    load: () => load(import("./data.ts")),
  },
  place: {
    description: "place a graph on hosts at the proved optimum, and explain the answer",
    load: () => load(import("./place.ts")),
  },
  policy: {
    description: "find the best design over the link's rate, round trip and loss, as a table to follow",
    load: () => load(import("./policy.ts")),
  },
  simulate: {
    description: "simulate a study's frames over its link, for messages of given sizes",
    load: () => load(import("./simulate.ts")),
  },
  network: {
    description: "simulate messages over a link: how long they take, and what is lost",
    load: () => load(import("./network.ts")),
  },
  profile: {
    description: "time a model and its pieces on this machine, for a study's host",
    load: () => load(import("./profile.ts")),
  },
  "profile import": {
    description: "make a profile from times that another tool measured",
    load: () => load(import("./profile-import.ts")),
  },
  serve: {
    description: "run a host of a deployment that others connect to",
    load: () => load(import("./serve.ts")),
  },
  run: {
    description: "run the host of a deployment that captures: frames in, answers out",
    load: () => load(import("./run.ts")),
  },
  verify: {
    description: "run designs over an emulated link, and compare predicted with measured",
    load: () => load(import("./verify.ts")),
  },
  top: {
    description: "show what running hosts do, live, from their metrics",
    load: () => load(import("./top.ts")),
  },
  probe: {
    description: "measure the link between two hosts: rate, delay, losses, as a study's",
    load: () => load(import("./probe.ts")),
  },
  keys: {
    description: "make certificates or a token by which the hosts of a deployment know each other",
    load: () => load(import("./keys.ts")),
  },
  studio: {
    description: "serve a page where results are explored, changes simulated and studies run",
    load: () => load(import("./studio.ts")),
  },
  cache: { description: "show or clear the results kept from earlier runs", load: () => load(import("./cache.ts")) },
};

/** Loads a module's default export as a command whose arguments are no longer known by type. */
export async function load<T extends ArgsDef>(module: Promise<{ default: Command<T> }>): Promise<Command> {
  return (await module).default as unknown as Command;
}
