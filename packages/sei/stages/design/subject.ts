/** @file What a study is about, opened: its model, its images and their digests. Nothing is written to it afterwards. */
import type { Design, ModelEnds } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { inspectionOf, type Inspection } from "@split-et-impera/core/onnx";
import type { ExploreOptions, Study } from "@split-et-impera/core/study";
import {
  fedInputs,
  fingerprint,
  forModel,
  openData,
  remoteInputs,
  samplesFor,
  withShapesOf,
  type Dataset,
  type Samples,
  type Split,
} from "../../data/index.ts";
import { readStudyModel } from "../../model/index.ts";
import { judgedByModel, type AgreementBinding } from "@split-et-impera/core/task";
import {
  saliencyImages,
  chooseTask,
  examOf,
  inWordsOf,
  modelAnswers,
  relabelled,
  type Exam,
} from "../answers/index.ts";
import {
  allAgainst,
  checkBatches,
  checkCandidates,
  checkExits,
  inspectAny,
  keepsTo,
  staysOf,
  streamNotes,
  type MayRun,
} from "../check/index.ts";
import type { Context, Stage } from "../context.ts";
import { runStage } from "../run-stage.ts";

export interface Subject {
  /** What RC sends frames as filled in. */
  study: Study & { explore: Required<Pick<ExploreOptions, "inputs">> };
  inspection: Inspection;
  /** How answers to the test images are judged. */
  exam: Exam;
  /** What is known of a training sample: its truth. Undefined where nothing is. */
  taught: ((sample: number) => unknown) | undefined;
  /** Size of the model's file, and SHA-256 of its bytes. */
  modelBytes: number;
  modelHash: string;
  test: Samples;
  train: Samples;
  /** What people should know of model and data: how pictures are fitted, noise, rows that influence each other. */
  notes: string[];
  /** Digests of the images, what is known of them, and normalisation, with what is read of the model, for keys. */
  testKey: string;
  trainKey: string;
  /** What must stay on hosts says what others may run. */
  mayRun: MayRun;
  hosts: {
    capturing: string;
    /** In the study's order; the last is the one that frames are sent to where nothing says another. */
    others: string[];
  };
}

/** The tensors that the model takes and answers with. */
export function endsOfModel({ inspection, exam }: Pick<Subject, "inspection" | "exam">): ModelEnds {
  return { inputs: fedInputs(inspection).map(({ name }) => name), outputs: [...exam.binding.outputs] };
}

/** Those of designs that keep what must stay on hosts there. */
export const kept = <D extends Design>({ mayRun }: Pick<Subject, "mayRun">, designs: readonly D[]): D[] =>
  designs.filter((design) => keepsTo(mayRun, design));

/** The unchanged model's answers, which stand in for labels. */
const agreementStage: Stage<AgreementInput, unknown[]> = {
  name: "agreement",
  version: 3,
  key: ({ key, task: { spec } }) => [key, spec],
  run: ({ inspection, data, ...asked }, { engine, signal, update }) =>
    modelAnswers(engine, inspection, data, asked, signal, (done) => update(`${done} of ${data.count} answers`)),
};

interface AgreementInput extends Pick<Exam, "task" | "binding"> {
  inspection: Inspection;
  data: Samples;
  key: unknown;
}

/**
 * Opens model and images, and looks at what the study says of them.
 * @throws InputError with all that stands in the way, at once
 */
export async function openSound(study: Study, context: Context): Promise<Subject> {
  try {
    const subject = await openSubject(study, context);
    const { scenarios, saliency } = study.explore;
    streamNotes(study, subject.test);
    checkBatches(study, subject.test);
    if (scenarios.includes("SC")) checkCandidates(study, subject.inspection);
    checkExits(study, subject.inspection, subject.exam, subject.train.count);
    saliencyImages(subject.test, saliency);
    return subject;
  } catch (error) {
    throw error instanceof InputError ? await allAgainst(error, study, context.signal) : error;
  }
}

/**
 * Opens model and images.
 * @throws InputError where one cannot be read, or they do not fit each other
 */
export async function openSubject(study: Study, context: Context): Promise<Subject> {
  const { model, bytes, sha256, inputs: said } = await readStudyModel(study);
  const options = forModel(study.data, model, said);
  // Without a word on what the model is for, data of which nothing is known will do.
  const unlabelled = judgedByModel(study.task?.kind ?? "agreement");
  const open = (split: Split): Promise<Dataset> => openData(options, split, { unlabelled });
  const opened = await Promise.all([open("test"), open("train")]);
  // One that is not there is told by the task, with what those that are hold.
  const output = model.graph?.output.find(({ name }) => name === study.task?.output)?.name;
  const survey = await inspectAny(model, context.engine, {
    ...withShapesOf(opened[0], model, said),
    output,
  });
  let [test, train] = opened.map((data) => samplesFor(data, survey, study.data)) as [Samples, Samples];
  const inputs = remoteInputs(study.explore, test, survey);
  const { task, notes: taken } = chooseTask(study.task, test, model);
  let exam = examOf(task, survey, test);
  let taught: Subject["taught"];
  if (judgedByModel(task.spec.kind)) {
    const answers = async (data: Samples): Promise<unknown[]> => {
      const key = [sha256, fingerprint(data, study.data), data.key];
      return (await runStage(agreementStage, { ...exam, inspection: survey, data, key }, context)).value;
    };
    const ofTest = await answers(test);
    exam = { ...exam, truth: (sample) => ofTest[sample] };
    // Classes that the model says are classes as those that data have. All numbers of many outputs would fill memory.
    const { by, columns } = exam.binding as AgreementBinding;
    if (by === "class") {
      const ofTrain = await answers(train);
      const classesOf = (found: readonly unknown[]): number[] => (found as { class: number }[]).map((one) => one.class);
      [test, train] = [relabelled(test, classesOf(ofTest), columns), relabelled(train, classesOf(ofTrain), columns)];
      taught = (sample) => ofTrain[sample];
    }
  } else {
    taught = (sample) => task.truth(train.annotation(sample));
    // What the data do not say is told before work starts.
    exam.truth(0);
  }
  const { binding } = exam;
  const inspection = inspectionOf(survey, binding.outputs[0]);
  // What is kept of answers goes with the metrics that look at it.
  const read = JSON.stringify([task.spec, binding.outputs, task.metrics.map(({ name }) => name), test.key]);
  const capturing = study.frames.host;
  return {
    study: { ...inWordsOf(task, study), explore: { ...study.explore, inputs } },
    inspection,
    exam,
    taught,
    modelBytes: bytes,
    modelHash: sha256,
    test,
    train,
    notes: [
      ...new Set([
        ...test.notes,
        ...train.notes,
        ...taken,
        ...binding.notes,
        ...inspection.troubles.map(({ message }) => message),
      ]),
    ],
    testKey: `${fingerprint(test, study.data)} ${read}`,
    trainKey: `${fingerprint(train, study.data)} ${read}`,
    mayRun: staysOf(study, inspection),
    hosts: { capturing, others: Object.keys(study.hosts).filter((name) => name !== capturing) },
  };
}
