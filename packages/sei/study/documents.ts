/** @file The files of the repository that are made from the definitions of studies, results, profiles and deployments. */
import { policySchema } from "../policy/index.ts";
import { commonRules } from "@split-et-impera/core/study";
import { taskKinds, tasks } from "@split-et-impera/core/task";
import { deploymentSchema } from "../deploy/index.ts";
import { resultSchema } from "../result/index.ts";
import type { DataFormat } from "../data/format.ts";
import { dataFormats } from "../data/index.ts";
import { profileSchema } from "../stages/measure/index.ts";
import { taskData } from "./task-data.ts";
import { fieldTables, flow, studySchema } from "./document.ts";
import { linkProfiles, type LinkProfile } from "./link-profiles.ts";

interface GeneratedFile {
  /** Path from the root of the repository. */
  file: string;
  /** The file as it should be, from the file as it is. */
  content(current: string): string;
}

export const documents: GeneratedFile[] = [
  { file: "examples/study.schema.json", content: () => `${JSON.stringify(studySchema(), null, 2)}\n` },
  { file: "examples/result.schema.json", content: () => `${JSON.stringify(resultSchema(), null, 2)}\n` },
  { file: "examples/deployment.schema.json", content: () => `${JSON.stringify(deploymentSchema(), null, 2)}\n` },
  { file: "examples/policy.schema.json", content: () => `${JSON.stringify(policySchema(), null, 2)}\n` },
  { file: "examples/profile.schema.json", content: () => `${JSON.stringify(profileSchema(), null, 2)}\n` },
  {
    file: "docs/study.md",
    content: (current) => between(between(current, "fields", fieldTables()), "metrics", metricTable()),
  },
  { file: "docs/tasks.md", content: (current) => between(current, "tasks", taskList()) },
  { file: "docs/network.md", content: (current) => between(current, "profiles", profileTable()) },
  { file: "docs/data.md", content: (current) => between(current, "formats", formatList()) },
];

/** Replaces what stands between the two comments `<!-- NAME: generated -->` and `<!-- NAME: end -->`. */
function between(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name}: generated -->\n`, `<!-- ${name}: end -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the marks of "${name}" are missing`);
  return text.slice(0, from + start.length) + content + text.slice(to);
}

/** A paragraph per format, in the order in which a path is tried. */
function formatList(): string {
  const rows: readonly (readonly [string, DataFormat])[] = Object.entries(dataFormats);
  return rows.map(([name, { about }]) => `**${name}**: ${about}\n`).join("\n");
}

/** A row per link profile. */
function profileTable(): string {
  const rows: readonly (readonly [string, LinkProfile])[] = Object.entries(linkProfiles);
  const lines = rows.map(
    ([name, { means, fields, source }]) => `| \`${name}\` | ${means} | \`${flow(fields)}\` | ${source} |`,
  );
  return `${["| name | what | fields | source |", "|---|---|---|---|", ...lines].join("\n")}\n`;
}

/** A paragraph on what it is, one on what the data must say, and a list of metrics per task. */
function taskList(): string {
  return taskKinds
    .map((kind) => {
      const { means, metrics } = tasks[kind];
      const rows = metrics.map(({ name, means, better }) => `| \`${name}\` | ${means} | ${better} |`);
      return `**${kind}**: ${means}.\n\nWhat the data must say: ${taskData[kind]}.\n\n| metric | meaning | better |\n|---|---|---|\n${rows.join("\n")}\n`;
    })
    .join("\n");
}

/** Those of every study; those of tasks stand in docs/tasks.md. */
function metricTable(): string {
  const rows = Object.entries(commonRules).map(
    ([metric, { means, example }]) => `| \`${metric}\` | ${means} | \`${example}\` |`,
  );
  const ofTasks = [
    "| a metric of the task | what its name says: [tasks](tasks.md) | `accuracy >= 85 %`, `cer <= 4 %` |",
    "| `NAME-drop` of one | by how much it is worse than the unchanged model's, on the same samples | `accuracy-drop <= 2 %` |",
  ];
  return `${["| metric | meaning | example |", "|---|---|---|", ...rows, ...ofTasks].join("\n")}\n`;
}
