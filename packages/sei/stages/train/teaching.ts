/** @file What a model is to learn: classes, what its task says is true, or another model's outputs. */
import { InputError } from "@split-et-impera/core/errors";
import type { Inspection } from "@split-et-impera/core/onnx";
import { isSteady, judgedByModel, type ClassBinding } from "@split-et-impera/core/task";
import type { Tensor, Tensors } from "@split-et-impera/core/tensor";
import {
  classObjective,
  fed,
  learnableTensors,
  meanSquareOf,
  needsTeacher,
  outputsObjective,
  truthsObjective,
  type Objective,
} from "@split-et-impera/core/training";
import type { Dataset } from "../../data/index.ts";
import { examOf, chooseTask, type Exam } from "../answers/index.ts";
import { labelsOf } from "./images.ts";
import type { TrainSettings } from "./settings.ts";
import { openOutputs, openTeacher } from "./teacher.ts";

export interface Teaching extends AsyncDisposable {
  objective: Objective;
  /** Where class scores lie, where they are learned. */
  scores?: ClassBinding;
  /** The digest of the teacher's file. */
  sha256?: string;
  /**
   * What the objective is fed for these images.
   * @param images as the network sees them, or sees what its frozen part makes of them
   * @param held whether they are judged only
   */
  truths(data: Dataset, indices: Uint32Array, images: () => Tensor, held?: boolean): Promise<Tensors>;
}

/** How the answers to a data set are judged. */
export const examFor = ({ task, output }: TrainSettings, inspection: Inspection, data: Dataset): Exam =>
  examOf(
    chooseTask({ ...task, ...(output !== undefined && { output }) }, data, inspection.model).task,
    inspection,
    data,
  );

/** Images whose outputs tell how large they are. */
const looked = 64;

/**
 * @param model the one to be trained, as it came
 * @throws InputError where the model or the data do not have what the loss needs
 */
export async function openTeaching(
  settings: TrainSettings,
  inspection: Inspection,
  data: Dataset,
  teacher: string | undefined,
): Promise<Teaching> {
  const { loss } = settings;
  const exam = examFor(settings, inspection, data);
  const { task, binding } = exam;
  const learn = judgedByModel(task.spec.kind) ? undefined : task.learn;
  if (loss.kind === "outputs" || (loss.kind === "task" && !learn?.loss))
    return openOutputTeaching(settings, inspection, exam, data, teacher);
  if (loss.kind === "task") {
    const truths = (of: Dataset, indices: ArrayLike<number>): Tensor =>
      learn!.truths(Array.from(indices, (i) => task.truth(of.annotation(i))));
    if (settings.augment.some((kind) => kind !== "colour") && !isSteady(task.spec.kind))
      throw new InputError(
        "ERR_USAGE",
        `--augment: the truths of ${task.spec.kind} have a place in the picture that would move; expected colour or none, or --loss outputs`,
      );
    return {
      objective: truthsObjective(binding.decides, truths(data, [0]), (g, name) => learn!.loss!(g, binding, name)),
      truths: async (of, indices) => ({ [fed.truths]: truths(of, indices) }),
      [Symbol.asyncDispose]: async () => {},
    };
  }
  if (task.spec.kind !== "classification")
    throw new InputError(
      "ERR_USAGE",
      `--loss ${loss.kind}: expected task or outputs where the task is ${task.spec.kind}`,
    );
  const scores = binding as ClassBinding;
  const taught = needsTeacher(loss) ? await openTeacher(teacher, scores, data) : undefined;
  return {
    objective: classObjective(scores, loss),
    scores,
    ...(taught && { sha256: taught.sha256 }),
    truths: async (of, indices, images, held) => ({
      [fed.labels]: labelsOf(of, indices),
      ...(taught && held !== true && { [fed.teacher]: await taught.logits(images()) }),
    }),
    [Symbol.asyncDispose]: async () => taught?.release(),
  };
}

async function openOutputTeaching(
  settings: TrainSettings,
  inspection: Inspection,
  { task, binding }: Exam,
  data: Dataset,
  file: string | undefined,
): Promise<Teaching> {
  if (file === undefined && !settings.initialise)
    throw new InputError(
      "ERR_USAGE",
      "--loss outputs: expected --teacher with the model to learn from, or --initialise to learn anew what the model itself gives",
    );
  const names = learnableTensors(inspection, binding.decides);
  const dims = names.map((name) => inspection.seen.get(name)!.dims);
  const teacher = await openOutputs(file, { inspection, names }, task, data);
  const some = await teacher.outputs(data.batch(Array.from({ length: Math.min(looked, data.count) }, (_, i) => i)));
  const wanted = names.map((name, i) => ({
    name,
    dims: dims[i]!,
    meanSquare: meanSquareOf(some[i]!.data as Float32Array),
  }));
  return {
    objective: outputsObjective(wanted),
    ...(teacher.sha256 !== undefined && { sha256: teacher.sha256 }),
    async truths(_data, _indices, images) {
      const found = await teacher.outputs(images());
      return Object.fromEntries(names.map((name, i) => [fed.wanted(name), found[i]!]));
    },
    [Symbol.asyncDispose]: async () => teacher[Symbol.asyncDispose](),
  };
}
