/** @file By how much the bounds would have to give for a design to fit. */
import { internal } from "../errors/index.ts";
import { checkDesign, read, scaleOf } from "./check.ts";
import { metricRule, subject } from "../study/index.ts";
import type { DesignResult } from "./result.ts";
import type { Requirement } from "../study/index.ts";

export interface Relaxation {
  design: DesignResult;
  /** A line per requirement that is missed, or undecided where another bound would be met for sure; `to` is a requirement again, or says that no bound would do. */
  relax: { requirement: string; to: string }[];
  /** Requirements that no finite bound lets pass (frames without an answer, samples too small for an interval). */
  boundless: number;
  /** Those of them that are missed, and not only undecided. */
  hopeless: number;
  /** Sum of the relative changes of the others. */
  total: number;
}

/** The smallest change of the bounds, rounded outward, under which every requirement is met for sure. */
export function relaxation(design: DesignResult, requirements: readonly Requirement[]): Relaxation {
  const result: Relaxation = { design, relax: [], boundless: 0, hopeless: 0, total: 0 };
  for (const { requirement, state } of checkDesign(design, requirements)) {
    if (state === "met") continue;
    const { lo, hi } = read(design, requirement);
    const loose = loosened(requirement, requirement.operator === "<=" ? hi : lo);
    // What too few frames leave open no other bound would settle: more frames would.
    const open = loose.value === undefined && state === "undecided";
    if (!open) result.relax.push({ requirement: requirement.text, to: loose.text });
    if (loose.value === undefined) {
      result.boundless++;
      if (state === "missed") result.hopeless++;
    } else result.total += Math.abs(loose.value - requirement.value) / scaleOf(requirement.value);
  }
  return result;
}

/**
 * The design that needs the least, by requirements without any bound first, of which those that are missed weigh more than
 * those that are undecided, then by relative change.
 * @param better orders those that need the same
 */
export function nearestFit(
  designs: readonly DesignResult[],
  requirements: readonly Requirement[],
  better: (a: DesignResult, b: DesignResult) => number,
): Relaxation {
  const [nearest] = designs
    .map((design) => relaxation(design, requirements))
    .sort(
      (a, b) => a.boundless - b.boundless || a.hopeless - b.hopeless || a.total - b.total || better(a.design, b.design),
    );
  if (!nearest) throw internal("the nearest of no designs");
  return nearest;
}

/** The bound nearest to `need`, on its outer side, that is pleasant to read. */
function loosened(requirement: Requirement, need: number): { text: string; value?: number } {
  const head = `${subject(requirement)} ${requirement.operator}`;
  if (!Number.isFinite(need)) return { text: `no bound on ${subject(requirement)}` };
  const { parse, format, digits } = metricRule(requirement.metric);
  const outward = requirement.operator === "<=" ? 1 : -1;
  const step = need === 0 ? 1 : 10 ** (Math.floor(Math.log10(Math.abs(need))) - digits + 1);
  const steps = outward > 0 ? Math.ceil(need / step) : Math.floor(need / step);
  // The text is what the user will paste: it is read back, because printing rounds again (minutes, binary fractions).
  for (let more = 0; more <= 100; more++) {
    const text = format(Math.max(0, (steps + outward * more) * step), digits);
    const value = parse(text);
    if (typeof value === "number" && (outward > 0 ? value >= need : value <= need)) {
      return { text: `${head} ${text}`, value };
    }
  }
  throw internal(`no bound for ${head} ${need}`);
}
