/** @file Keeping a line to another host: connects, and connects again when it is lost. */
import { InputError } from "@split-et-impera/core/errors";
import type { Address } from "../index.ts";
import { connect, type Trust, type TrustedConnection } from "../trust/index.ts";
import type { Line } from "./line.ts";

export interface DialOptions {
  trust: Trust;
  peer: string;
  address: Address;
  /** Makes a line of a connection; it is told in `onClose` of {@link Dialled.lost}. */
  open(connection: TrustedConnection): Line;
  /** Once for each reason in a row for which it cannot be reached. */
  onFailed(reason: InputError): void;
}

/** Milliseconds between attempts: doubled from the first to the last. */
const firstPause = 50;
const lastPause = 250;
/** Where the other side runs another deployment: somebody has to do something about it first. */
const otherPause = 5000;
/** An attempt whose packets are lost takes seconds to notice; the next one does not wait for it. */
const mostAttempts = 8;

export class Dialled {
  /** The line, while there is one. */
  line: Line | undefined;
  private readonly options: DialOptions;
  private readonly signal: AbortSignal;
  private pause = firstPause;
  private attempts = 0;
  private timer: NodeJS.Timeout | undefined;
  private said = "";
  private attempt = new AbortController();

  constructor(options: DialOptions, signal: AbortSignal) {
    this.options = options;
    this.signal = signal;
    signal.addEventListener("abort", () => this.stop(), { once: true });
    this.dial();
  }

  /** The line that `open` gave is closed. */
  lost(reason: InputError): void {
    const used = this.line?.used ?? false;
    this.line = undefined;
    if (this.signal.aborted) return;
    if (used) {
      this.said = "";
      this.pause = firstPause;
      if (reason.code !== "ERR_DEPLOYMENT_OTHER") {
        this.dial();
        return;
      }
    } else this.fail(reason);
    this.dialIn(reason.code === "ERR_DEPLOYMENT_OTHER" ? otherPause : this.pause);
  }

  /** Tries at once, where there is no line. */
  again(): void {
    this.pause = firstPause;
    this.dial();
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.attempt.abort();
  }

  private dial(): void {
    if (this.signal.aborted || this.line) return;
    if (this.attempts < mostAttempts) void this.tryOnce();
    this.dialIn(this.pause);
    this.pause = Math.min(lastPause, this.pause * 2);
  }

  private dialIn(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.dial(), milliseconds);
  }

  private fail(reason: InputError): void {
    if (reason.message !== this.said) this.options.onFailed(reason);
    this.said = reason.message;
  }

  private async tryOnce(): Promise<void> {
    const { trust, address, peer, open } = this.options;
    const { attempt } = this;
    this.attempts++;
    try {
      const connection = await connect(trust, address, peer, attempt.signal);
      if (this.line || this.signal.aborted || attempt.signal.aborted) {
        connection.stream.destroy();
        return;
      }
      clearTimeout(this.timer);
      this.line = open(connection);
      // Attempts that are still under way are of no use.
      this.attempt = new AbortController();
      attempt.abort();
    } catch (error) {
      if (attempt.signal.aborted) return;
      if (!(error instanceof InputError)) throw error;
      this.fail(error);
    } finally {
      this.attempts--;
    }
  }
}
