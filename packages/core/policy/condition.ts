/** @file What the link is like, as far as a policy looks at it, and a study where it is like that. */
import { directionOf, uplinkOf, withUplink, type LinkOptions, type Study } from "../study/index.ts";

export interface Condition {
  /** Of the uplink, bit/s. */
  rate: number;
  /** Seconds there and back over the uplink, without waiting. */
  rtt: number;
  /** Share of packets. */
  loss: number;
}

/** What a table goes over; each ascending. */
export interface Axes {
  rates: number[];
  rtts: number[];
  losses: number[];
}

export interface Cell {
  rate: number;
  rtt: number;
  loss: number;
}

/** The uplink as the study has it. */
export function conditionOf(study: Pick<Study, "hosts" | "frames" | "links">): Condition {
  const { link } = uplinkOf(study);
  return { rate: link.rate, rtt: link.delay + (link.back ?? link).delay, loss: link.loss.rate };
}

/** The study with an uplink like that all the time: of this rate whatever its trace says, the round trip shared out between both ways as it was. */
export function underCondition<T extends Study>(study: T, { rate, rtt, loss }: Condition): T {
  const own = conditionOf(study);
  const part = own.rtt > 0 ? uplinkOf(study).link.delay / own.rtt : 0.5;
  const steady = withSteadyUplink(study);
  return withBackDelay(
    withUplink(steady, (link) => ({ rate, delay: rtt * part, loss: { ...link.loss, rate: loss } })),
    rtt * (1 - part),
  );
}

/** The place of the uplink among the study's links. */
const uplinkIndex = (study: Pick<Study, "hosts" | "frames" | "links">): number => {
  const { from, to } = uplinkOf(study);
  return study.links.findIndex(({ between }) => between.includes(from) && between.includes(to));
};

function withLink<T extends Study>(study: T, change: (link: LinkOptions) => LinkOptions): T {
  const index = uplinkIndex(study);
  return { ...study, links: study.links.map((link, i) => (i === index ? change(link) : link)) };
}

function withSteadyUplink<T extends Study>(study: T): T {
  return withLink(study, ({ trace: _there, ...link }) => {
    if (!link.back) return link;
    const { trace: _back, ...back } = link.back;
    return { ...link, back };
  });
}

/** The way back has this delay; where both ways are alike they stay so. */
function withBackDelay<T extends Study>(study: T, delay: number): T {
  const { from } = uplinkOf(study);
  return withLink(study, (link) => {
    if (!link.back) return link;
    return link.between[0] === from ? { ...link, back: { ...link.back, delay } } : { ...link, delay };
  });
}

/** The study with a rate over time on the uplink's own direction, and on the way back where both are alike. */
export function withTrace<T extends Study>(study: T, trace: NonNullable<LinkOptions["trace"]>, rate: number): T {
  const { link } = uplinkOf(study);
  const alike = !link.back || JSON.stringify(directionOf(link)) === JSON.stringify(link.back);
  return withLink(
    withUplink(withSteadyUplink(study), () => ({ rate })),
    (one) => {
      if (!one.back || alike) return { ...one, trace, ...(one.back && { back: { ...one.back, trace } }) };
      const { from } = uplinkOf(study);
      return one.between[0] === from ? { ...one, trace } : { ...one, back: { ...one.back, trace } };
    },
  );
}

/** The cell in which a condition lies: borders between neighbours are at their geometric mean, beside a 0 at half of the other. */
export function cellAt({ rates, rtts, losses }: Axes, { rate, rtt, loss }: Condition): Cell {
  return { rate: nearest(rates, rate), rtt: nearest(rtts, rtt), loss: nearest(losses, loss) };
}

function nearest(values: readonly number[], value: number): number {
  const above = values.findIndex((one, i) => {
    const next = values[i + 1];
    return next === undefined || value < (one === 0 ? next / 2 : Math.sqrt(one * next));
  });
  return above;
}
