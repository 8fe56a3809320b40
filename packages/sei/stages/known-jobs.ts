/** @file The jobs that workers know, by name. */
import type { Job } from "./context.ts";
import { designJobs } from "./design/jobs.ts";

export const knownJobs: Readonly<Record<string, Job<unknown>>> = designJobs;
