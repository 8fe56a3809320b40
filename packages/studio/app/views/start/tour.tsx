/** @file Five steps through the example, for a visitor without a study: each says what to look at and goes there. */
import { Link } from "../../shell/link.tsx";
import { example } from "../../store/results.ts";
import { addressOf, usePlace } from "../../store/url.ts";

interface Step {
  title: string;
  text: string;
  view: string;
  with: Record<string, string>;
  go: string;
}

const split = "SC@block2/MaxPool uint8 8x tcp";

export const steps: readonly Step[] = [
  {
    title: "A problem",
    text: "A small camera sees parts on a belt, 20 a second. It computes 60 times slower than a server that it reaches over 250 kbit/s with losses, and has 512 kB of memory. Which part of the network should run where, so that 95 % of the answers come within 50 ms?",
    view: "",
    with: {},
    go: "See the answer",
  },
  {
    title: "All designs",
    text: "Everything on the camera, everything on the server, split in between, with and without bottlenecks: each point was simulated and its answers judged. Draw a box around the points that you can live with.",
    view: "designs",
    with: { "in-p95": "..0.05", "in-quality": "0.95.." },
    go: "See what is left",
  },
  {
    title: "Two of them",
    text: "The camera alone would be more accurate and quicker, but has no room for the whole network. Side by side: where the time goes, and which images only one of the two knows.",
    view: "designs",
    with: { a: "LC", b: split },
    go: "Put them side by side",
  },
  {
    title: "What if",
    text: "Every slider is answered by the simulator in this page. Along the link's rate the answer changes from splitting to sending pictures: see where.",
    view: "what-if",
    with: { scan: "rate" },
    go: "Move the link",
  },
  {
    title: "Your own",
    text: "A changed study can be saved and run in full, and its result compared with this one. With your own model: sei studio STUDY.yaml.",
    view: "runs",
    with: {},
    go: "See studies and results",
  },
];

export function Tour() {
  const { query } = usePlace();
  const at = Number(query.get("step") ?? 0);
  return (
    <section className="tour" aria-labelledby="tour">
      <h2 id="tour">Five steps with the conveyor example</h2>
      <ol>
        {steps.map(({ title, text, view, with: values, go }, i) => (
          <li key={title} className="card" aria-current={at === i + 1 ? "step" : undefined}>
            <h3>
              <span>{i + 1}</span> {title}
            </h3>
            <p>{text}</p>
            <Link href={addressOf(view, { result: example.id, step: String(i + 1), ...values }, [])}>{go}</Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
