/** @file The changes as a study file: what would stand there, line by line, and the file itself. */
import { useEffect, useState } from "react";
import { Link } from "../../shell/link.tsx";
import { ask, server, useRemote, type Loaded } from "../../store/server.ts";
import { addressOf } from "../../store/url.ts";
import { diffOf } from "./diff.ts";
import type { StudyChange } from "../../../messages.ts";

export function Save({ name, changes }: { name: string; changes: readonly StudyChange[] }) {
  const state = useRemote(server);
  const studies = state.state === "ready" ? state.value.documents.filter(({ kind }) => kind === "study") : [];
  const [picked, setPicked] = useState<string>();
  const study = studies.find(({ id, title }) => (picked === undefined ? title === name : id === picked));
  const [as, setAs] = useState("study-what-if.yaml");
  const [saved, setSaved] = useState<Loaded<{ file: string }>>();
  const key = JSON.stringify([study?.id, changes]);
  const [texts, setTexts] = useState<Loaded<{ file: string; text: string; changed: string }>>({ state: "loading" });
  useEffect(() => {
    setSaved(undefined);
    if (!study || changes.length === 0) return undefined;
    let over = false;
    ask<{ file: string; text: string; changed: string }>(`/api/studies/${study.id}/changed`, { changes }).then(
      (value) => over || setTexts({ state: "ready", value }),
      (error: unknown) => over || setTexts({ state: "failed", why: (error as Error).message }),
    );
    return () => void (over = true);
    // Study and changes are told by the key.
  }, [key]);
  if (changes.length === 0)
    return (
      <p className="soft">
        Nothing is changed. What you change here can be saved as a study of its own and run in full.
      </p>
    );
  if (!study && studies.length === 0)
    return (
      <p className="soft">
        To save this, open the study of “{name}” too: <code>sei studio STUDY.yaml RESULT.json</code>. It would say:{" "}
        <code>{changes.map(({ path, value }) => `${path.join(".")}: ${JSON.stringify(value)}`).join("; ")}</code>
      </p>
    );
  const save = (): void => {
    if (!study) return;
    // What is saved has the same title, and may come first among the studies.
    setPicked(study.id);
    setSaved({ state: "loading" });
    ask<{ file: string }>(`/api/studies/${study.id}/save`, { as, changes }).then(
      (value) => {
        setSaved({ state: "ready", value });
        void server.refresh();
      },
      (error: unknown) => setSaved({ state: "failed", why: (error as Error).message }),
    );
  };
  return (
    <div className="save">
      <div className="line">
        <label>
          Study{" "}
          <select value={study?.id ?? ""} onChange={(event) => setPicked(event.target.value)}>
            {!study && <option value="">choose the study of “{name}”</option>}
            {studies.map(({ id, name, file }) => (
              <option key={id} value={id} title={file}>
                {name} · {file.split(/[/\\]/).at(-1)}
              </option>
            ))}
          </select>
        </label>
        <label>
          Save as <input type="text" value={as} onChange={(event) => setAs(event.target.value)} />
        </label>
        <button type="button" onClick={save} disabled={!study || saved?.state === "loading"}>
          Save beside it
        </button>
      </div>
      {study && texts.state === "ready" && (
        <pre className="diff" tabIndex={0} aria-label="What changes in the study">
          {diffOf(texts.value.text, texts.value.changed).map(({ sign, text }, i) => (
            <span key={i} className={sign === "+" ? "added" : sign === "-" ? "removed" : undefined}>
              {sign} {text}
              {"\n"}
            </span>
          ))}
        </pre>
      )}
      {texts.state === "failed" && <p role="alert">{texts.why}</p>}
      {saved?.state === "failed" && <p role="alert">{saved.why}</p>}
      {saved?.state === "ready" && (
        <p role="status">
          Saved as <code>{saved.value.file}</code>. <Link href={addressOf("runs")}>Run it in full</Link>
        </p>
      )}
    </div>
  );
}
