/** @file What runs where over more than two hosts, host by host and crossing by crossing, with the time that each takes of a mean frame. */
import {
  carriesCapture,
  codecName,
  crossingCut,
  cutName,
  transportText,
  type Closely,
  type Crossing,
  type DesignResult,
} from "@split-et-impera/core/design";
import { closelyChosen } from "./closely.ts";
import type { Context } from "./context.ts";
import { bytes, seconds } from "./format.ts";
import { html, type Markup } from "./html.ts";

/** Of a design that sends something; without times where the result does not keep what they are told from. */
export function wayOverHosts(context: Context, design: DesignResult): Markup {
  const { study } = context.result;
  const { segments, crossings, answer } = design;
  const times = timesOf(closelyChosen(context));
  const here = study.frames.host;
  const stops = segments.flatMap(({ host }, k): Markup[] => {
    const crossing = crossings.find(({ after }) => after === k - 1);
    return [
      ...(k === 0 && host !== here ? [hostItem(here, "capture", times)] : []),
      ...(crossing ? [linkItem(context, design, crossing, times)] : []),
      hostItem(host, partText(context, design, k), times),
    ];
  });
  return html`<ol class="way">
    ${stops}
    ${answer && html`<li class="link back"><b>answer</b><span>${bytes(study.frames.answer.bytes)} to ${study.frames.answer.host}</span>${timeText(times, "answer")}</li>`}
  </ol>`;
}

/** Seconds by host, and by transfer, `answer` or `from to`. */
type Times = ReadonlyMap<string, number>;

function timesOf(closely: Closely | undefined): Times {
  const sums = new Map<string, number>();
  for (const { at, part, seconds: own } of closely?.means ?? []) {
    const name = "host" in at ? at.host : part === "answer" ? "answer" : `${at.from} ${at.to}`;
    sums.set(name, (sums.get(name) ?? 0) + own);
  }
  return sums;
}

const timeText = (times: Times, name: string): Markup | undefined => {
  const found = times.get(name);
  return found === undefined ? undefined : html`<em>${seconds(found)}</em>`;
};

const hostItem = (host: string, does: string, times: Times): Markup =>
  html`<li class="host"><b>${host}</b><span>${does}</span>${timeText(times, host)}</li>`;

function linkItem({ result: { study } }: Context, design: DesignResult, crossing: Crossing, times: Times): Markup {
  const { after, codec, bottleneck, transport, links } = crossing;
  const [from, to] = [after < 0 ? study.frames.host : design.segments[after]!.host, design.segments[after + 1]!.host];
  const squeeze = bottleneck ? `${bottleneck.compression}× bottleneck, ` : "";
  const sent = crossing === design.crossings[0] ? html`${bytes(design.bytes)} per frame, ` : undefined;
  return html`<li class="link">
    <b>${sent}${transportText(transport).replace(transport.kind, transport.kind.toUpperCase())}</b
    ><span>${squeeze}${codecName({ ...codec, order: undefined })}${links.length > 1 && `, ${links.length} links`}</span
    >${timeText(times, `${from} ${to}`)}
  </li>`;
}

/** `head up to pool1`, `pool1 to pool3`, `tail`, `the whole network`. */
function partText({ names }: Context, design: DesignResult, k: number): string {
  const { segments } = design;
  const { from, to } = segments[k]!;
  const last = k === segments.length - 1;
  const crossing = design.crossings.find(({ after }) => after === k - 1);
  if (last && (k === 0 || (crossing && carriesCapture(design, crossing)))) return "the whole network";
  if (k === 0) return `head up to ${names.tensor(cutName(to))}`;
  if (!last) return `${names.tensor(cutName(from))} to ${names.tensor(cutName(to))}`;
  return crossing ? `tail from ${names.tensor(cutName(crossingCut(design, crossing)))}` : "tail";
}
