/** @file Following a policy: when another design is taken up. The same rule in simulations and in hosts that run. */
import { cellAt, type Condition } from "./condition.ts";
import { policyCell, type Policy } from "./policy.ts";

/**
 * Another design has to pay for the change before it is made. While design d runs, each other design b has an account of
 * the frames that it would have made more of,
 *
 *     account(b) = max(0, account(b) + (worth(b) - worth(d)) * frames),
 *
 * over the time for which a condition was measured, by the worths of its cell. The design with the largest account is
 * taken up once that holds what a change costs: the frames of the pause, at what d would make of them. Then all accounts
 * are empty again. So what is lost by hesitating is at most about what a change costs, and what only flickers is never
 * followed: the rule of rent or buy (Karlin, Manasse, Rudolph, Sleator 1988), as metrical task systems have it (Borodin,
 * Linial, Saks 1992). Where d is worth nothing, nothing is waited for.
 */
export class Follower {
  /** Place of the design that runs. */
  design: number;
  private readonly policy: Policy;
  private accounts: number[];

  constructor(policy: Policy, design: number) {
    this.policy = policy;
    this.design = design;
    this.accounts = policy.designs.map(() => 0);
  }

  /**
   * Told what the link was like.
   * @param seconds for how long
   * @returns whether another design runs from now on
   */
  measured(condition: Condition, seconds: number): boolean {
    const { axes, frames, pause } = this.policy;
    const { worth } = policyCell(this.policy, cellAt(axes, condition));
    const now = worth[this.design]!;
    this.accounts = this.accounts.map((held, b) => Math.max(0, held + (worth[b]! - now) * frames.rate * seconds));
    const best = this.accounts.reduce((most, held, b) => (held > this.accounts[most]! ? b : most), 0);
    const held = this.accounts[best]!;
    if (held === 0 || best === this.design || held < pause * frames.rate * now) return false;
    this.design = best;
    this.accounts = this.accounts.map(() => 0);
    return true;
  }
}
