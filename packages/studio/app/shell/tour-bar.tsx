/** @file The tour goes along: what this step is about, and the way to the next. */
import { addressOf, change, usePlace } from "../store/url.ts";
import { steps } from "../views/start/tour.tsx";
import { Link } from "./link.tsx";
import { example } from "../store/results.ts";

export function TourBar() {
  const { query } = usePlace();
  const at = Number(query.get("step") ?? 0);
  const step = steps[at - 1];
  if (!step) return null;
  const next = steps[at];
  return (
    <aside className="tourbar" aria-label="Tour">
      <p>
        <b>
          {at} of {steps.length} · {step.title}.
        </b>{" "}
        {step.text}
      </p>
      <div>
        {next ? (
          <Link href={addressOf(next.view, { result: example.id, step: String(at + 1), ...next.with }, [])}>
            Next: {next.title}
          </Link>
        ) : (
          <Link href={addressOf("", {}, [])}>Start</Link>
        )}
        <button type="button" onClick={() => change({ step: undefined })}>
          End the tour
        </button>
      </div>
    </aside>
  );
}
