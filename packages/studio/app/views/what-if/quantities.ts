/** @file What can be changed: each with its range, its words as a study has them, and what it does to a study. */
import { rate as rateText, seconds } from "@split-et-impera/charts";
import type { Result } from "@split-et-impera/core/design";
import { deadlineOf, uplinkOf, withUplink, type Study } from "@split-et-impera/core/study";
import {
  formatDuration,
  formatNumber,
  formatPercent,
  formatRate,
  parseDuration,
  parseFactor,
  parseFrameRate,
  parseRate,
  parseShare,
} from "@split-et-impera/core/units";
import type { StudyChange } from "../../../messages.ts";

/** How a slider runs over a range: evenly, by factors, or closer together at its beginning. */
export type Scale = "even" | "factors" | "squares";

export interface Quantity {
  /** In the URL. */
  key: string;
  title: string;
  group: "Link" | "Hosts" | "Frames";
  scale: Scale;
  range: readonly [number, number];
  own: number;
  show(value: number): string;
  /** As a study has it; a string says what is wrong. */
  read(text: string): number | string;
  write(value: number): string;
  apply(study: Study, value: number): Study;
  change(value: number, study: Study): StudyChange;
}

const factors = (own: number, by: number): readonly [number, number] => [own / by, own * by];

/** Everything of a result's study that can be changed. */
export function quantitiesOf({ study }: Pick<Result, "study">): Quantity[] {
  return [...linkQuantities(study), ...hostQuantities(study), ...frameQuantities(study)];
}

function linkQuantities(study: Study): Quantity[] {
  const { link } = uplinkOf(study);
  const at = study.links.findIndex(({ between }) => between.every((host) => link.between.includes(host)));
  const path = (...more: string[]): (string | number)[] => ["links", at, ...more];
  const lossText = (rate: number, burst: number): unknown =>
    burst > 1 ? { rate: formatPercent(rate, 4), burst: Number(burst.toPrecision(3)) } : formatPercent(rate, 4);
  const lossOf = (of: Study): { rate: number; burst: number } => uplinkOf(of).link.loss;
  const withLossOf = (of: Study, rate: number, burst: number): Study =>
    // So many losses need runs that long at least.
    withUplink(of, () => ({ loss: { rate, burst: Math.max(burst, rate / (1 - rate)) } }));
  const { queue } = link;
  return [
    {
      key: "rate",
      title: "Rate",
      group: "Link",
      scale: "factors",
      range: factors(link.rate, 32),
      own: link.rate,
      show: rateText,
      read: (text) => parseRate(text),
      write: (value) => formatRate(value, 4),
      apply: (of, rate) => withUplink(of, () => ({ rate })),
      change: (value) => ({ path: path("rate"), value: formatRate(value, 4) }),
    },
    {
      key: "delay",
      title: "Delay, one way",
      group: "Link",
      scale: "squares",
      range: [0, Math.max(0.1, 4 * link.delay)],
      own: link.delay,
      show: seconds,
      read: (text) => parseDuration(text),
      write: (value) => formatDuration(value, 4),
      apply: (of, delay) => withUplink(of, () => ({ delay })),
      change: (value) => ({ path: path("delay"), value: formatDuration(value, 4) }),
    },
    {
      key: "loss",
      title: "Packets lost",
      group: "Link",
      scale: "squares",
      range: [0, Math.max(0.2, Math.min(0.9, 2 * link.loss.rate))],
      own: link.loss.rate,
      show: (value) => formatPercent(value, 2),
      read: (text) => parseShare(text),
      write: (value) => formatPercent(value, 3),
      apply: (of, rate) => withLossOf(of, rate, lossOf(of).burst),
      change: (value, of) => ({ path: path("loss"), value: lossText(value, lossOf(of).burst) }),
    },
    {
      key: "burst",
      title: "Losses in a row",
      group: "Link",
      scale: "factors",
      range: [1, 50],
      own: Math.max(1, link.loss.burst),
      show: (value) => formatNumber(value, 2),
      read: number,
      write: (value) => formatNumber(value, 3),
      apply: (of, burst) => withLossOf(of, lossOf(of).rate, burst),
      change: (value, of) => ({ path: path("loss"), value: lossText(lossOf(of).rate, value) }),
    },
    ...(typeof queue === "number"
      ? [
          {
            key: "queue",
            title: "Queue, packets",
            group: "Link",
            scale: "factors",
            range: [1, Math.max(5000, 2 * queue)],
            own: queue,
            show: (value: number) => formatNumber(Math.round(value), 4),
            read: number,
            write: (value: number) => String(Math.round(value)),
            apply: (of: Study, value: number) => withUplink(of, () => ({ queue: Math.round(value) })),
            change: (value: number) => ({ path: path("queue"), value: Math.round(value) }),
          } as const,
        ]
      : []),
  ];
}

function hostQuantities({ hosts }: Study): Quantity[] {
  return Object.entries(hosts).map(([name, { speed }]) => ({
    key: `speed.${name}`,
    title: `Speed of ${name}`,
    group: "Hosts",
    scale: "factors",
    range: factors(speed, 32),
    own: speed,
    show: speedText,
    read: (text) => parseFactor(text),
    write: (value) => formatNumber(value, 4),
    apply: (of, value) => ({ ...of, hosts: { ...of.hosts, [name]: { ...of.hosts[name]!, speed: value } } }),
    change: (value) => ({ path: ["hosts", name, "speed"], value: Number(value.toPrecision(4)) }),
  }));
}

/** As studies write them: `1/20` of the machine that measured, `3x` of it. */
const speedText = (value: number): string =>
  value < 0.4 ? `1/${formatNumber(1 / value, 2)}` : `${formatNumber(value, 2)}x`;

function frameQuantities(study: Study): Quantity[] {
  const { rate } = study.frames;
  const deadline = deadlineOf(study);
  // The widest bound on latency is the deadline.
  const at = study.requirements.findIndex(({ metric, value }) => metric === "latency" && value === deadline);
  const bound = study.requirements[at];
  return [
    {
      key: "fps",
      title: "Frames a second",
      group: "Frames",
      scale: "factors",
      range: factors(rate, 10),
      own: rate,
      show: (value) => formatNumber(value, 3),
      read: (text) => (/^[\d.]+$/.test(text.trim()) ? number(text) : parseFrameRate(text)),
      write: (value) => formatNumber(value, 4),
      apply: (of, value) => ({ ...of, frames: { ...of.frames, rate: value } }),
      change: (value) => ({ path: ["frames", "rate"], value: `${formatNumber(value, 4)} fps` }),
    },
    ...(bound
      ? [
          {
            key: "deadline",
            title: `Deadline (${bound.statistic ?? "p95"})`,
            group: "Frames",
            scale: "factors",
            range: factors(deadline, 8),
            own: deadline,
            show: seconds,
            read: (text: string) => parseDuration(text),
            write: (value: number) => formatDuration(value, 4),
            apply: (of: Study, value: number) => ({
              ...of,
              requirements: of.requirements.map((one, i) =>
                i === at ? { ...one, value, text: withBound(one.text, value) } : one,
              ),
            }),
            change: (value: number) => ({ path: ["requirements", at], value: withBound(bound.text, value) }),
          } as const,
        ]
      : []),
  ];
}

const withBound = (text: string, value: number): string =>
  text.replace(/(<=|>=).*$/, (_, sign: string) => `${sign} ${formatDuration(value, 4)}`);

function number(text: string): number | string {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : "a number above 0 is expected";
}

/** Where on a slider a value is, from 0 to 1, and back. */
export function placeOf({ scale, range: [lo, hi] }: Quantity, value: number): number {
  const share =
    scale === "factors"
      ? Math.log(value / lo) / Math.log(hi / lo)
      : scale === "even"
        ? (value - lo) / (hi - lo)
        : Math.sqrt((value - lo) / (hi - lo));
  return Math.min(1, Math.max(0, share));
}

export function valueAt({ scale, range: [lo, hi] }: Quantity, place: number): number {
  const value =
    scale === "factors" ? lo * (hi / lo) ** place : lo + (hi - lo) * (scale === "even" ? place : place ** 2);
  return Number(value.toPrecision(3));
}
