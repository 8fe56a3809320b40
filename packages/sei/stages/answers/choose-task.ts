/** @file Which task a study is about: what it says itself, else what model and data say; and how the model numbers classes. */
import { InputError } from "@split-et-impera/core/errors";
import type { ModelProto } from "@split-et-impera/core/onnx";
import type { TaskOptions } from "@split-et-impera/core/study";
import {
  openTask,
  tasks,
  type Annotation,
  type AnyTask,
  type TaskKind,
  type TaskSpec,
} from "@split-et-impera/core/task";
import type { Dataset } from "../../data/index.ts";
import { modelWords, type ModelWords } from "./model-words.ts";

export interface ChosenTask {
  task: AnyTask;
  /** What was taken that the study does not say, and why. */
  notes: string[];
}

/**
 * The task that a study asks for. Where it says none: that which the model's metadata name, if the data say what it judges
 * by; else that which the data are labelled for; else agreement.
 * @param model absent: its metadata are not looked at
 */
export function chooseTask(
  options: TaskOptions | undefined,
  data: Pick<Dataset, "classes" | "annotation">,
  model?: Pick<ModelProto, "metadataProps">,
): ChosenTask {
  const { kind: said, expect: _known, ...rest } = options ?? {};
  const words = model ? modelWords(model) : {};
  const { kind, why } = said === undefined ? usualTask(data.annotation(0), words) : { kind: said };
  const classes = tasks[kind].classes ? data.classes : undefined;
  const { more, notes } = classes
    ? numbered(kind, classes, rest, words)
    : { more: alphabetOf(kind, rest, words), notes: [] };
  const task = openTask({ ...(classes && { classes }), ...more, ...rest, kind } as TaskSpec);
  if (why === undefined) return { task, notes };
  return {
    task: explained(task, why),
    notes: [`the task is ${kind}, as ${why}; the study's \`task\` says another`, ...notes],
  };
}

interface Usual {
  kind: TaskKind;
  /** Absent where nothing else could be meant. */
  why?: string;
}

/** In the order of how much they say. */
function usualTask({ label, labels, text, objects, mask }: Annotation, { task, alphabet }: ModelWords): Usual {
  const able: Usual[] = [];
  if (objects) able.push({ kind: "detection", why: "the data say the boxes of things" });
  if (objects?.some(({ keypoints }) => keypoints !== undefined))
    able.push({ kind: "keypoints", why: "the data say keypoints" });
  if (mask) able.push({ kind: "segmentation", why: "the data say a class for every pixel" });
  if (labels) able.push({ kind: "multilabel", why: "the data say several classes at once" });
  if (text !== undefined && alphabet)
    able.push({ kind: "sequence", why: "the data say texts and the model its characters" });
  if (label !== undefined) able.push({ kind: "classification" });
  const named = task && able.find(({ kind }) => kind === task.kind);
  if (named?.why !== undefined) return { kind: named.kind, why: `the model's metadata say \`task: ${task!.word}\`` };
  return named ?? able[0] ?? { kind: "agreement" };
}

/** A text recogniser's alphabet, where the study gives none. */
function alphabetOf(kind: TaskKind, said: object, { alphabet }: ModelWords): object {
  return kind === "sequence" && alphabet && !("alphabet" in said) ? { alphabet } : {};
}

/** Tasks whose models number classes in their own way. */
const numbering: ReadonlySet<TaskKind> = new Set<TaskKind>(["detection", "segmentation", "keypoints"]);

/** How the model numbers the data's classes, by their names in it. */
function numbered(
  kind: TaskKind,
  classes: readonly string[],
  said: object,
  { names }: ModelWords,
): { more: object; notes: string[] } {
  const nothing = { more: {}, notes: [] };
  if (!names || "numbers" in said || "firstClass" in said) return nothing;
  const places = new Map(names.map((name, number) => [folded(name), number]));
  const numbers = classes.map((name) => places.get(folded(name)));
  const unknown = classes.filter((_, i) => numbers[i] === undefined);
  if (unknown.length === classes.length) return nothing;
  const list = (some: readonly string[]): string => some.slice(0, 5).join(", ") + (some.length > 5 ? ", …" : "");
  if (unknown.length > 0)
    return { more: {}, notes: [`the model's metadata name no class ${list(unknown)}; they name ${list(names)}`] };
  if (numbers.every((number, i) => number === i)) return nothing;
  if (!numbering.has(kind))
    return {
      more: {},
      notes: [
        `the model's metadata name its classes in another order (${list(names)}) than the data (${list(classes)}): \`data.classes\` orders these`,
      ],
    };
  return { more: { numbers }, notes: ["classes are numbered by their names in the model's metadata"] };
}

const folded = (name: string): string => name.trim().toLowerCase();

/** The same task, which says why it was taken where the model does not fit it. */
function explained(task: AnyTask, why: string): AnyTask {
  return {
    ...task,
    bind(facts) {
      try {
        return task.bind(facts);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        const hint = `the task is ${task.spec.kind}, as ${why}; \`task: agreement\` takes any output`;
        throw new InputError(error.code, `${error.message}; ${hint}`, { cause: error });
      }
    },
  };
}
