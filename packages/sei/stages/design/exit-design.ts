/** @file EE: a head and an exit on the capturing host; frames of which the exit is not sure go on as another design would have them. */
import { designName, exitDesigns, exitWork, type Design } from "@split-et-impera/core/design";
import { serialiseModel } from "@split-et-impera/core/onnx";
import { exitConfidence } from "@split-et-impera/core/exits";
import type { Evidence } from "@split-et-impera/core/task";
import type { Tensors } from "@split-et-impera/core/tensor";
import { keepsTo } from "../check/index.ts";
import type { Context, Kept } from "../context.ts";
import type { ReadyExit } from "./exits.ts";
import type { Pieces } from "./pieces.ts";
import type { DesignFiles, Prepared } from "./prepared.ts";
import { crossingOf, fedTo, largestOf } from "./sent.ts";
import { partWorks, pieceFiles, prepareSplit } from "./split-design.ts";
import { endsOfModel, type Subject } from "./subject.ts";
import type { TimedWork } from "./times.ts";
import { prepareLocal, prepareRemote } from "./whole.ts";

/** Every design with this exit, one for each way in which frames can go on. */
export async function prepareExits(
  subject: Subject,
  exit: ReadyExit,
  pieces: Pieces,
  baseline: readonly Evidence[],
  context: Context,
): Promise<Kept<Prepared[]>> {
  const { study, hosts } = subject;
  const { threshold } = exit.result.calibration;
  const value: Prepared[] = [];
  let cached = true;
  if (threshold === undefined) return { value, cached };
  for (const { rest, input, design } of exitDesigns(study, endsOfModel(subject), pieces.cuts[0]!, threshold)) {
    if (!keepsTo(subject.mayRun, design)) continue;
    const head = headBytes(pieces);
    if (rest === "SC") {
      const { exits: _asked, ...split } = design;
      const base = await prepareSplit(subject, split, pieces, context);
      value.push(withExit(subject, exit, design, pieces, base, base.memory));
    } else if (rest === "LC") {
      const base = prepareLocal(subject, baseline);
      const both = {
        ...base,
        deploy: () => ({ models: pieceFiles(subject, pieces, [hosts.capturing, hosts.capturing]) }),
      };
      value.push(withExit(subject, exit, design, pieces, both, base.memory));
    } else {
      const { exits: _asked, segments, crossings, ...more } = design;
      const plain = {
        ...more,
        segments: segments.slice(1),
        crossings: crossings.map((one) => ({ ...one, after: -1 })),
      };
      const base = await prepareRemote(subject, plain, input!, baseline, context);
      cached &&= base.cached;
      const memory = { ...base.value.memory };
      memory[hosts.capturing] = (memory[hosts.capturing] ?? 0) + head;
      value.push(withExit(subject, exit, design, pieces, base.value, memory));
    }
    context.update(value.at(-1)!.name);
  }
  return { value, cached };
}

const headBytes = ({ memory: [head] }: Pieces): number => head!.parameters + head!.activations;

/** A design with an exit before it: what the exit is sure of is its own, the rest is the other's. */
function withExit(
  subject: Subject,
  exit: ReadyExit,
  design: Design,
  pieces: Pieces,
  base: Prepared,
  memory: Prepared["memory"],
): Prepared {
  const { capturing } = subject.hosts;
  const { threshold } = design.exits![0]!;
  const taken = Uint8Array.from(exit.confidence, (one) => (one >= threshold ? 1 : 0));
  return {
    ...base,
    design,
    name: designName(design),
    key: [base.key, exit.key, threshold],
    clean: base.clean.map((one, image) => (taken[image] === 0 ? one : exit.answers[image]!)),
    exact: base.exact && taken.every((one) => one === 0),
    memory: { ...memory, [capturing]: (memory[capturing] ?? 0) + 4 * exit.result.parameters },
    works: [...base.works, ...partWorks(subject, design, pieces), exitTimed(subject, design, exit, pieces)],
    exit: { result: exit.result, taken, answers: exit.answers },
    deploy: () => filesWith(subject, exit, pieces, base.deploy()),
  };
}

/** The files of a design, with the exit's, and the head's where what was captured is sent past it. */
function filesWith(subject: Subject, exit: ReadyExit, pieces: Pieces, files: DesignFiles): DesignFiles {
  const { inspection, hosts } = subject;
  const { tensor, scores } = exit.plan;
  const models = files.models.some(({ name }) => name === "head.onnx")
    ? files.models
    : [...pieceFiles(subject, pieces, [hosts.capturing]).slice(0, 1), ...files.models];
  return {
    ...files,
    models,
    exits: [
      {
        after: 0,
        host: hosts.capturing,
        name: "exit.onnx",
        bytes: serialiseModel(exit.model(inspection.batch?.symbol ?? 1)),
        inputs: [tensor],
        outputs: [scores.output, exitConfidence],
        confidence: exitConfidence,
      },
    ],
  };
}

/** The exit asked about one image. */
function exitTimed({ test }: Subject, design: Design, exit: ReadyExit, pieces: Pieces): TimedWork {
  const { tensor } = exit.plan;
  return {
    name: exitWork(design, design.exits![0]!),
    key: exit.key,
    bytes: 4 * exit.result.parameters,
    async open({ engine }, calls) {
      const fed = test.feeds([0]);
      const front = await engine.load(serialiseModel(pieces.models()[0]!));
      let made: Tensors;
      try {
        made = await crossingOf(front, fed, [tensor]);
      } finally {
        await front.release();
      }
      const session = await engine.load(serialiseModel(exit.model(1)));
      const value = fedTo(session, made);
      return { run: () => session.run(value), call: calls.for(largestOf(value)), close: () => session.release() };
    },
  };
}
