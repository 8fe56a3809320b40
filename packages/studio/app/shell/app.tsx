/** @file The frame of the page: what is open, the views, and the view that the URL names. */
import { lazy, Suspense, useEffect, type ComponentType } from "react";
import { example, resultsOf, useResult, type OpenResult } from "../store/results.ts";
import { server, useRemote } from "../store/server.ts";
import { addressOf, goTo, usePlace } from "../store/url.ts";
import { views, type View } from "../views/index.ts";
import { Boundary } from "./boundary.tsx";
import { Link } from "./link.tsx";
import { Empty, Failed, Loading } from "./state.tsx";
import { ThemeChoice } from "./theme.tsx";
import { TourBar } from "./tour-bar.tsx";

const loaded = new Map(views.map((view) => [view.name, lazy(view.load as () => Promise<{ default: ComponentType }>)]));

export function App() {
  const { view: name } = usePlace();
  const view = views.find((one) => one.name === name);
  useEffect(() => {
    document.title = `${view ? view.title : "Not found"} · Split-Et-Impera studio`;
  }, [view]);
  return (
    <>
      <a className="skip" href="#view">
        Skip to the view
      </a>
      <header className="bar">
        <Link className="brand" href={addressOf("")}>
          Split-Et-Impera <span>studio</span>
        </Link>
        <ResultChoice />
        <nav aria-label="Views">
          <ul>
            {views.map((one) => (
              <li key={one.name}>
                <Link href={addressOf(one.name)} title={one.about} aria-current={one === view ? "page" : undefined}>
                  {one.title}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <ThemeChoice />
      </header>
      <TourBar />
      <main id="view" tabIndex={-1}>
        <Boundary key={name}>
          <Suspense fallback={<Loading what="Opening" />}>
            {view ? <Shown view={view} /> : <NoSuchView name={name} />}
          </Suspense>
        </Boundary>
      </main>
    </>
  );
}

function Shown({ view }: { view: View }) {
  const Content = loaded.get(view.name)!;
  return view.shows === "everything" ? <Content /> : <OfResult of={Content as ComponentType<OpenResult>} />;
}

function OfResult({ of: Content }: { of: ComponentType<OpenResult> }) {
  const result = useResult();
  if (result.state === "loading") return <Loading what="Reading the result" />;
  if (result.state === "failed")
    return (
      <Failed why={result.why}>
        <p>
          <Link href={addressOf("runs", {}, [])}>See what is open</Link>
        </p>
      </Failed>
    );
  // Another result is another view: nothing of the last one is left in it.
  return <Content key={result.value.document.id} {...result.value} />;
}

function ResultChoice() {
  const { view, query } = usePlace();
  const state = useRemote(server);
  const all = resultsOf(state.state === "ready" ? state.value.documents : []);
  const value = query.get("result") ?? all[0]?.id ?? example.id;
  return (
    <label className="choice">
      <span className="hidden">Result</span>
      <select value={value} onChange={(event) => goTo(addressOf(view, { result: event.target.value }, []))}>
        {all.map(({ id, name, title, file }) => (
          <option key={id} value={id} title={file}>
            {title === undefined || title === name ? name : `${name} · ${title}`}
          </option>
        ))}
      </select>
    </label>
  );
}

function NoSuchView({ name }: { name: string }) {
  return (
    <Empty title="No such view">
      <p>
        There is no view called “{name}”. <Link href={addressOf("")}>Start</Link> has them all.
      </p>
    </Empty>
  );
}
