/** @file Studies at work, studies to run, results there are, and two results against each other. */
import { useState } from "react";
import "../../parts/parts.css";
import { Link } from "../../shell/link.tsx";
import { Failed, Loading } from "../../shell/state.tsx";
import type { ServerState, StudioDocument } from "../../../messages.ts";
import { ask, server, useRemote } from "../../store/server.ts";
import { addressOf, change, usePlace } from "../../store/url.ts";
import { Compared } from "./compared.tsx";
import { RunCard } from "./run-card.tsx";
import "./runs.css";

export default function Runs() {
  const state = useRemote(server);
  if (state.state === "loading") return <Loading what="Asking what there is" />;
  if (state.state === "failed") return <Failed why={state.why} />;
  return <Overview {...state.value} />;
}

function Overview({ documents, runs }: ServerState) {
  const { query } = usePlace();
  const find = query.get("find") ?? "";
  const found = documents.filter((one) => isFound(one, find));
  const studies = found.filter(({ kind }) => kind === "study");
  const shown = found.filter(({ kind }) => kind === "result");
  const results = documents.filter(({ kind }) => kind === "result");
  const chosen = [query.get("a"), query.get("b")].filter((id): id is string => results.some((one) => one.id === id));
  const choose = (id: string): void => {
    const next = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id].slice(-2);
    change({ a: next[0], b: next[1] });
  };
  const [a, b] = chosen;
  return (
    <div className="view-runs">
      <div className="head">
        <h1>Runs</h1>
        <p>
          Full studies, as <code>sei design</code> runs them; what has not changed comes from the cache.
        </p>
      </div>
      {runs.map((run) => (
        <RunCard key={run.id} run={run} results={results} />
      ))}
      {(documents.length > few || find !== "") && (
        <label className="find">
          Find{" "}
          <input
            type="search"
            placeholder="title, name or file"
            value={find}
            onChange={(event) => change({ find: event.target.value || undefined }, "same")}
          />{" "}
          <span role="status" className="small soft">
            {find !== "" && `${found.length} of ${documents.length}`}
          </span>
        </label>
      )}
      <div className="two">
        <section className="card" aria-labelledby="studies">
          <h2 id="studies">Studies</h2>
          {studies.length === 0 && find !== "" ? (
            <p className="soft">No such study is open.</p>
          ) : studies.length === 0 ? (
            <p className="soft">
              No study is open. <code>sei studio STUDY.yaml</code> opens one, a folder all that lie in it.
            </p>
          ) : (
            <ul className="files">
              {studies.map((study) => (
                <Study
                  key={study.id}
                  study={study}
                  busy={runs.some(({ state }) => state === "running" || state === "stopping")}
                />
              ))}
            </ul>
          )}
        </section>
        <section className="card" aria-labelledby="results">
          <h2 id="results">Results</h2>
          {shown.length === 0 ? (
            <p className="soft">
              {results.length > 0 ? "No such result is open." : "No result yet: run a study, or look at the example."}
            </p>
          ) : (
            <ul className="files">
              {shown.map((one) => (
                <li key={one.id}>
                  <label className="pick">
                    <input type="checkbox" checked={chosen.includes(one.id)} onChange={() => choose(one.id)} />
                    <span aria-hidden="true">{"AB"[chosen.indexOf(one.id)] ?? ""}</span>
                    <span className="hidden">Compare {one.name}</span>
                  </label>
                  <div>
                    <span>
                      <Link href={addressOf("designs", { result: one.id }, [])}>{one.name}</Link> <Title of={one} />
                    </span>
                    <small className="soft">{one.file}</small>
                  </div>
                  <time className="small soft" dateTime={one.changed}>
                    {new Date(one.changed).toLocaleString()}
                  </time>
                </li>
              ))}
            </ul>
          )}
          {results.length > 1 && chosen.length < 2 && <p className="small soft">Choose two to compare them.</p>}
        </section>
      </div>
      {a !== undefined && b !== undefined && (
        <Compared key={`${a} ${b}`} a={results.find(({ id }) => id === a)!} b={results.find(({ id }) => id === b)!} />
      )}
    </div>
  );
}

/** Documents of which one sees at once whether the one that is meant is there. */
const few = 6;

/** By all words, in any order and of any case. */
function isFound({ name, title = "", file }: StudioDocument, text: string): boolean {
  const all = `${name} ${title} ${file}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

/** What it is called by itself, where that says more than its folder's name. */
function Title({ of: { title, name } }: { of: StudioDocument }) {
  return title !== undefined && title !== name ? <span className="soft">{title}</span> : null;
}

function Study({ study, busy }: { study: StudioDocument; busy: boolean }) {
  const [why, setWhy] = useState<string>();
  const start = (): void => {
    setWhy(undefined);
    ask("/api/runs", { study: study.id }).catch((error: unknown) => setWhy((error as Error).message));
  };
  return (
    <li>
      <div>
        <span>
          <b>{study.name}</b> <Title of={study} />
        </span>
        <small className="soft">{study.file}</small>
        {why !== undefined && <small role="alert">{why}</small>}
      </div>
      <button type="button" onClick={start} disabled={busy} aria-label={`Run ${study.file}`}>
        Run
      </button>
    </li>
  );
}
