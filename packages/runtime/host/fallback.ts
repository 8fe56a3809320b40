/** @file The rest of the model, run on the host that captured where the answer from elsewhere would come too late. */
import type { Value } from "./coding.ts";
import type { HostContext } from "./context.ts";
import type { Ledger, Pending } from "./ledger.ts";

export class Fallback {
  private readonly context: HostContext;
  private readonly ledger: Ledger;
  /** ns that the rest took here lately. */
  private restNs = 0;

  constructor(context: HostContext, ledger: Ledger) {
    this.context = context;
    this.ledger = ledger;
  }

  /** Whether the rest can be run here. */
  get ready(): boolean {
    return this.context.loaded.rest !== undefined;
  }

  /** Begins where the answer has not come when the rest takes just as long as is left. */
  guard(pending: Pending, value: Value): void {
    const latest = pending.captured + this.ledger.deadlineNs - 1.2 * this.restNs;
    this.ledger.at(Math.round(latest), pending, () => this.begin(pending, value));
  }

  /** @param value what was to cross */
  begin(pending: Pending, value: Value): void {
    if (pending.done || pending.fallsBack) return;
    pending.fallsBack = true;
    const { processor, counts } = this.context;
    const { frame } = pending;
    processor.enter({
      frame,
      drop: () => {
        counts.dropped++;
        this.ledger.without(pending, "dropped");
      },
      run: () =>
        this.context.orNothing(frame, this.run(pending, value), () => this.ledger.without(pending, "unreadable")),
    });
  }

  /** The rest of another deployment takes its own time. */
  adopt(): void {
    this.restNs = 0;
  }

  private async run(pending: Pending, value: Value): Promise<void> {
    if (pending.done) return;
    const { clock, loaded } = this.context;
    const { now } = clock;
    const outputs = await loaded.rest!.run(this.context.feeds(value));
    const took = clock.now - now;
    this.restNs = this.restNs === 0 ? took : 0.8 * this.restNs + 0.2 * took;
    this.ledger.answer(pending, loaded.answers.read(outputs), undefined, "local");
  }
}
