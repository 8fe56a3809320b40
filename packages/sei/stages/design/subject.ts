/** @file What a study is about, opened: its model, its images and their digests. Nothing is written to it afterwards. */
import type { ModelEnds } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { inspectModel, inspectSurvey, type Inspection } from "@split-et-impera/core/onnx";
import { classAim, type Aim } from "@split-et-impera/core/saliency";
import type { ExploreOptions, Study } from "@split-et-impera/core/study";
import { fingerprint, forModel, openData, remoteInputs, type Dataset, type Split } from "../../data/index.ts";
import { readModelFile } from "../../model/index.ts";
import { checkFits, chooseImages, modelLabels, relabelled } from "../answers/index.ts";
import { allAgainst, checkCandidates } from "../check/index.ts";
import type { Context, Stage } from "../context.ts";
import { runStage } from "../run-stage.ts";

export interface Subject {
  /** What RC sends frames as filled in. */
  study: Study & { explore: Required<Pick<ExploreOptions, "inputs">> };
  inspection: Inspection;
  /** Where the model's class scores lie, and what saliency follows back. */
  aim: Aim;
  /** Size of the model's file, and SHA-256 of its bytes. */
  modelBytes: number;
  modelHash: string;
  test: Dataset;
  train: Dataset;
  /** What people should know of model and data: how pictures are fitted, noise, rows that influence each other. */
  notes: string[];
  /** Digests of the images, labels and normalisation, with the output that is read, for keys. */
  testKey: string;
  trainKey: string;
  hosts: { capturing: string; other: string };
}

/** The tensors that the model takes and answers with. */
export function endsOfModel({ inspection: { input, output } }: Pick<Subject, "inspection">): ModelEnds {
  return { inputs: [input.name], outputs: [output.name] };
}

/** The unchanged model's answers, which stand in for labels. */
const agreementStage: Stage<AgreementInput, Awaited<ReturnType<typeof modelLabels>>> = {
  name: "agreement",
  version: 2,
  key: ({ key, output }) => [key, output ?? null],
  run: ({ inspection, data, output }, { signal }) => modelLabels(inspection, data, signal, output),
};

interface AgreementInput {
  inspection: Inspection;
  data: Dataset;
  /** The one that the study names. */
  output?: string | undefined;
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
    if (scenarios.includes("SC")) checkCandidates(study, subject.inspection);
    chooseImages(subject.test, saliency.classes, 1);
    return subject;
  } catch (error) {
    throw error instanceof InputError ? await allAgainst(error, study, context.signal) : error;
  }
}

/**
 * Opens model and images.
 * @throws InputError where one cannot be read, or they do not fit each other
 */
async function openSubject(study: Study, context: Context): Promise<Subject> {
  const { model, bytes, sha256 } = await readModelFile(study.model);
  const options = forModel(study.data, model);
  const agreement = study.task?.kind === "agreement";
  const open = (split: Split): Promise<Dataset> => openData(options, split, { unlabelled: agreement });
  let [test, train] = await Promise.all([open("test"), open("train")]);
  const inputs = remoteInputs(study.explore, test);
  const output = study.task?.output;
  const survey = await inspectModel(model, context.engine, { proposed: test.batch([0]).dims.slice(1), output });
  for (const data of [test, train]) checkFits(data, data.batch([0]).dims, survey);
  if (agreement) {
    const agreeing = async (data: Dataset): Promise<Dataset> => {
      const key = [sha256, fingerprint(data, study.data)];
      const { value } = await runStage(agreementStage, { inspection: survey, data, output, key }, context);
      return relabelled(data, value.labels, value.classes);
    };
    [test, train] = [await agreeing(test), await agreeing(train)];
  }
  // Throws where no output is class scores: no accuracy could be told.
  const aim = classAim(survey, test.classes, study.explore.saliency.target, output);
  const inspection = inspectSurvey(survey, aim.binding.outputs[0]);
  const capturing = study.frames.host;
  return {
    study: { ...study, explore: { ...study.explore, inputs } },
    inspection,
    aim,
    modelBytes: bytes,
    modelHash: sha256,
    test,
    train,
    notes: [
      ...new Set([
        ...test.notes,
        ...train.notes,
        ...aim.binding.notes,
        ...inspection.troubles.map(({ message }) => message),
      ]),
    ],
    testKey: `${fingerprint(test, study.data)} ${inspection.output.name}`,
    trainKey: `${fingerprint(train, study.data)} ${inspection.output.name}`,
    hosts: { capturing, other: Object.keys(study.hosts).find((name) => name !== capturing)! },
  };
}
