/** @file Where a result came from and how to get it again: the command, when, with which versions, from which files. */
import type { Result } from "@split-et-impera/core/design";
import { html, type Child, type Markup } from "@split-et-impera/charts";

/** What a run knows that its result does not tell. */
export interface Origin {
  /** The folder in which the command ran; paths in it are relative to there. */
  folder: string;
  /** The words of the command, as a shell would pass them. */
  command: readonly string[];
  /** SHA-256 of the study's file, in hexadecimal. */
  studySha256: string;
  /** Version of Node.js. */
  node: string;
}

/** The command to copy, and what must be the same for the same result. */
export function againBox(result: Result, origin: Origin | undefined): Markup {
  return html`<div class="card again">
    <h3 id="again">Run it again</h3>
    <pre class="command"><code>${origin ? exactly(origin) : byName(result)}</code></pre>
    <p>
      ${
        origin
          ? "Copied into a shell on the machine that made this page, this runs as it did."
          : "The name of the study's file is not part of a result: study.yaml stands for it."
      }
      The same files with the same seed give the same designs, losses and qualities; measured times vary unless every
      host has a saved profile. The study as it was resolved is in <code>result.json</code>.
    </p>
    <dl>
      ${rowsOf(result, origin).map(
        ([term, value]) =>
          html`<dt>${term}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
  </div> `;
}

function rowsOf({ date, version, machine, model, data, study }: Result, origin: Origin | undefined): [string, Child][] {
  const digest = (term: string, value: string | undefined): [string, Child][] =>
    value === undefined ? [] : [[term, html`<code>${value}</code>`]];
  return [
    ["made", html`<time datetime="${date}">${date.replace("T", " ").replace(/(?:\.\d+)?Z$/, " UTC")}</time>`],
    ["by", `split-et-impera ${version}${origin ? `, Node.js ${origin.node}` : ""}`],
    ["engine", machine.engine],
    ["seed", String(study.seed)],
    ...digest("study, SHA-256", origin?.studySha256),
    ...digest("model, SHA-256", model.sha256),
    ...digest("test data", data.test),
    ...digest("training data", data.train),
  ];
}

/** Two lines, so that the folder and the command can be told apart. */
const exactly = ({ folder, command }: Origin): string => `cd ${quoted(folder)}\n${command.map(quoted).join(" ")}`;

/** Without the run's own words: its file is not part of the result, so that a name stands for it. */
function byName({ study }: Result): string {
  const data = study.data.path === undefined ? "" : ` --data ${quoted(study.data.path)}`;
  // A pipeline stands in the study alone.
  const model = typeof study.model === "string" ? ` --model ${quoted(study.model)}` : "";
  return `npx sei design study.yaml${model}${data}`;
}

/** As a shell takes it: names with anything unusual in them stand in single quotes. */
export function quoted(word: string): string {
  return /^[\w./@:+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
