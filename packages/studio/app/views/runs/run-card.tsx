/** @file A run: how far it is, what it says, and what can be done about it. */
import { duration } from "@split-et-impera/charts";
import { useState } from "react";
import { Link } from "../../shell/link.tsx";
import type { StudioDocument, StudioRun } from "../../../messages.ts";
import { ask } from "../../store/server.ts";
import { addressOf } from "../../store/url.ts";

const words: Record<StudioRun["state"], string> = {
  running: "at work",
  stopping: "stopping",
  stopped: "stopped; going on takes up where it was",
  done: "done",
  failed: "failed",
};

export function RunCard({ run, results }: { run: StudioRun; results: readonly StudioDocument[] }) {
  const { id, study, state, tasks, says, out } = run;
  const [why, setWhy] = useState<string>();
  const post = (path: string, body: unknown): void => {
    setWhy(undefined);
    ask(path, body).catch((error: unknown) => setWhy((error as Error).message));
  };
  const result = results.find(({ file }) => file.startsWith(out) && file.endsWith("result.json"));
  const done = tasks.filter(({ seconds, failed }) => seconds !== undefined && !failed).length;
  return (
    <section className={`card run ${state}`} aria-label={`Run of ${study.name}`}>
      <div className="head">
        <h2>{study.name}</h2>
        <p role="status">
          {words[state]} · {done} {done === 1 ? "step" : "steps"} done
        </p>
        {state === "running" && (
          <button type="button" onClick={() => post(`/api/runs/${id}/stop`, {})}>
            Cancel
          </button>
        )}
        {(state === "stopped" || state === "failed") && (
          <button type="button" onClick={() => post("/api/runs", { study: study.id })}>
            Go on
          </button>
        )}
        {state === "done" && result && (
          <Link href={addressOf("designs", { result: result.id }, [])}>Look at the result</Link>
        )}
      </div>
      <ol className="tasks">
        {tasks.map(({ title, status, seconds, failed }, i) => (
          <li key={i} className={failed ? "failed" : seconds === undefined ? "now" : "done"}>
            <span aria-hidden="true">{failed ? "✕" : seconds === undefined ? "…" : "✓"}</span>
            <span>{title}</span>
            <span className="soft">{status}</span>
            <span className="soft right">{seconds !== undefined && !failed && duration(seconds)}</span>
          </li>
        ))}
      </ol>
      {says.length > 0 && <pre tabIndex={0}>{says.join("\n")}</pre>}
      {why !== undefined && <p role="alert">{why}</p>}
    </section>
  );
}
