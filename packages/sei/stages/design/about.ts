/** @file What a study is about as plain data, and opened from it again: by the process that has it open, or by any that has the files. */
import type { Study } from "@split-et-impera/core/study";
import type { Evidence } from "@split-et-impera/core/task";
import type { Context } from "../context.ts";
import { runStage } from "../run-stage.ts";
import { digest } from "../../store/index.ts";
import { baselineStage } from "./prepared.ts";
import { openSubject, type Subject } from "./subject.ts";

/** A study, with the digests of the files that it names as whoever asks has them. */
export interface About {
  study: Study;
  model: string;
  test: string;
  train: string;
}

/** @param study as it was before its subject was opened */
export function aboutOf(study: Study, { modelHash, testKey, trainKey }: Subject): About {
  return { study, model: modelHash, test: testKey, train: trainKey };
}

/** The last one that was opened here: jobs of one study follow each other. */
let last: { key: string; subject: Promise<Subject> } | undefined;

/** @throws Error where the files are not those of whoever asks */
export async function subjectOf(about: About, context: Context): Promise<Subject> {
  const key = digest(about);
  if (last?.key !== key) last = { key, subject: openSubject(about.study, context) };
  try {
    const subject = await last.subject;
    const { modelHash, testKey, trainKey } = subject;
    const other = Object.entries({ model: modelHash, test: testKey, train: trainKey }).find(
      ([name, found]) => about[name as "model" | "test" | "train"] !== found,
    );
    if (other)
      throw new Error(
        `the files of the study "${about.study.name}" are others here than where it is designed: the digest of its ` +
          `${other[0] === "model" ? "model" : `${other[0]} data`} is another`,
      );
    return subject;
  } catch (error) {
    last = undefined;
    throw error;
  }
}

/** The unchanged model's answers to the test samples, judged. */
export async function baselineOf(subject: Subject, context: Context): Promise<readonly Evidence[]> {
  return (await runStage(baselineStage, subject, context)).value.evidence;
}
