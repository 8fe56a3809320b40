/** @file The page of a whole system: verdict, flows and their cameras, loads, a busy second, and how it was found. */
import { busyFigure, html, marks, percent, plural, seconds, trim, type Markup } from "@split-et-impera/charts";
import type { SystemResult } from "@split-et-impera/core/system";
import { formatRate } from "@split-et-impera/core/units";
import { page } from "./page.ts";
import { between, brokenText, howText, overloadText, valueText } from "./system-text.ts";

const links = [
  ["flows", "Flows"],
  ["loads", "Loads"],
  ["busy", "A busy second"],
  ["search", "How it was found"],
] as const;

/** One self-contained HTML file; it is the same for the same result. */
export function renderSystemReport(result: SystemResult): string {
  const { name, version, seed, fits } = result;
  return page({
    name,
    description: fits ? "The recommended system meets every requirement." : "No system meets every requirement.",
    version,
    links,
    body: html`${verdict(result)} ${flows(result)} ${loads(result)} ${busy(result)} ${search(result)}`,
    footer: html`Made by split-et-impera ${version} with seed ${seed}. Latencies are simulated, compute times measured,
    qualities computed on the data.`,
  });
}

function verdict(result: SystemResult): Markup {
  const { fits, broken, flows, whole } = result;
  const cameras = new Set(flows.flatMap((one) => one.cameras.map(({ host }) => host))).size;
  const over = overloadText(result);
  return html`<section id="verdict">
    <h2>${fits ? "This system meets every requirement" : "No system meets every requirement"}</h2>
    <p class="lead">
      ${plural(cameras, "camera")} in ${plural(flows.length, "flow")}:
      ${flows.map(({ name, design }, i) => html`${i > 0 && "; "}${name} as <b>${design}</b>`)}.
      ${!fits && "It is the system whose flows by themselves miss by least."}
    </p>
    ${
      broken.length > 0 &&
      html`<ul>
        ${broken.map((one) => html`<li>${brokenText(one)}</li>`)}
      </ul>`
    }
    ${over !== "" && html`<p>${over}</p>`}
    ${
      whole.length > 0 &&
      html`<ul>
        ${whole.map(({ text, state, value }) => html`<li>${marks[state]} ${text}: ${valueText(text, value)}</li>`)}
      </ul>`
    }
  </section> `;
}

const time = (value: number): string => (value < Infinity ? trim(seconds(value)) : "never");

function flows({ flows: all }: SystemResult): Markup {
  const rows = all.flatMap((flow) =>
    flow.cameras.map(
      (camera, i) =>
        html`<tr>
          <th scope="row">${i === 0 ? flow.name : ""}</th>
          <td>${i === 0 ? flow.design : ""}</td>
          <td>
            ${i === 0 ? flow.checks.map(({ requirement, state }) => html`<span title="${requirement.text}">${marks[state]} </span>`) : ""}
          </td>
          <td class="nowrap">${camera.host}</td>
          <td class="right">${flow.rate}</td>
          <td class="right">${time(camera.median)}</td>
          <td class="right">${time(camera.p95)}${between(camera.intervals?.p95, time)}</td>
          <td class="right">${time(camera.p99)}</td>
          <td class="right">${time(flow.alone)}</td>
          <td class="right">${percent(camera.misses)}${between(camera.intervals?.misses, percent)}</td>
          <td class="right">${camera.lost}</td>
        </tr>`,
    ),
  );
  return html`<section id="flows">
    <h2>Flows and their cameras</h2>
    <p class="lead">
      All cameras at once on the hosts and links that they share. Alone is the p95 of one camera of the flow with nobody
      beside it. In brackets stand 95 % intervals of p95 and misses. Each flow by itself, with all its designs, has a
      page of its own in the folder flows.
    </p>
    <div class="scroll">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">flow</th>
            <th scope="col">design</th>
            <th scope="col">meets</th>
            <th scope="col">camera</th>
            <th scope="col" class="right">fps</th>
            <th scope="col" class="right">median</th>
            <th scope="col" class="right">p95</th>
            <th scope="col" class="right">p99</th>
            <th scope="col" class="right">alone</th>
            <th scope="col" class="right">misses</th>
            <th scope="col" class="right">lost</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </section> `;
}

function loads({ loads: all, bits }: SystemResult): Markup {
  const rows = all.filter(({ utilisation }) => utilisation > 0);
  return html`<section id="loads">
    <h2>Loads of hosts and links</h2>
    <p class="lead">
      What all flows offer, as a share of what each host, and each direction of a link, can do; headers, and what TCP
      sends again, included. On a medium that stations contend for bytes alone count: waiting for turns and collisions
      come on top, so that it is full well before 100 %.
    </p>
    <div class="scroll">
      <table class="plain sortable">
        <thead>
          <tr>
            <th scope="col">host or link</th>
            <th scope="col" class="right">busy</th>
            <th scope="col" class="right">both ways</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ name, kind, from, utilisation }) =>
              html`<tr>
                <th scope="row">${from === undefined ? name : `${name} from ${from}`}</th>
                <td class="right">${percent(utilisation)}</td>
                <td class="right">${kind === "link" && bits[name] !== undefined ? formatRate(bits[name]) : ""}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section> `;
}

function busy({ busy: second, flows: all, loads: resources }: SystemResult): Markup {
  const names = new Set(second.spans.map(({ on }) => on));
  // What is shared first, then the cameras.
  const cameras = new Set(all.flatMap((flow) => flow.cameras.map(({ host }) => host)));
  const own = (name: string): boolean => [...cameras].some((host) => name === host || name.startsWith(`${host}-`));
  const byLoad = [...new Set(resources.map(({ name }) => name)), ...names];
  const order = [...new Set(byLoad)].toSorted((a, b) => Number(own(a)) - Number(own(b)));
  return html`<section id="busy">
    <h2>A busy second</h2>
    ${busyFigure(
      second,
      all.map(({ name }) => name),
      order,
    )}
  </section> `;
}

function search(result: SystemResult): Markup {
  const { ties } = result.search;
  return html`<section id="search">
    <h2>How it was found</h2>
    <p>${howText(result)}</p>
    ${
      ties.length > 0 &&
      html`<p>These cannot be told from it by so many frames and samples:</p>
        <ul>
          ${ties.map(
            (one) =>
              html`<li>
                ${Object.entries(one)
                  .map(([flow, id]) => `${flow}: ${id}`)
                  .join(", ")}
              </li>`,
          )}
        </ul>`
    }
  </section> `;
}
