/** @file A model on a server that speaks the Open Inference Protocol: looked for until it is there, asked, looked for again. */
import { InputError, type ErrorCode } from "@split-et-impera/core/errors";
import type { Tensors } from "@split-et-impera/core/tensor";
import { errorOf, metadataFault, readAnswerBody, takesBytes, writeRequest, type Ports } from "./ask.ts";
import { mostMessageBytes } from "./model.ts";
import { Connection, type ServerOptions } from "./connection.ts";

export interface RemoteModelOptions extends ServerOptions, Ports {
  onConnected(): void;
  /** It was there. */
  onLost(reason: InputError): void;
  /** It is not there; once for each reason in a row. */
  onFailed(reason: InputError): void;
}

/** Milliseconds between attempts: doubled from the first to the last. */
const firstPause = 50;
const lastPause = 500;
const lookMilliseconds = 5000;
/** Of metadata, which also names what is not asked for. */
const mostMetadata = 2 ** 20;

export class RemoteModel implements AsyncDisposable {
  private readonly options: RemoteModelOptions;
  private readonly connection: Connection;
  private readonly stopped = new AbortController();
  private there = false;
  /** Whether the server takes bytes; else numbers. */
  private binary = true;
  private looking = false;
  private timer: NodeJS.Timeout | undefined;
  private said = "";

  private constructor(options: RemoteModelOptions, connection: Connection) {
    this.options = options;
    this.connection = connection;
  }

  /**
   * Begins to look for it; {@link ready} says when it is there.
   * @throws InputError as {@link Connection.open} does
   */
  static async open(options: RemoteModelOptions): Promise<RemoteModel> {
    const model = new RemoteModel(options, await Connection.open(options));
    void model.look(firstPause);
    return model;
  }

  /** Whether it was there when it was last asked. */
  get ready(): boolean {
    return this.there;
  }

  /**
   * @param timeout microseconds after which the server need not begin any more
   * @param patience milliseconds after which no answer is waited for
   * @returns the outputs
   * @throws InputError `ERR_CONNECT` (no connection, or none any more), `ERR_MESSAGE` (no answer that can be read);
   *   RequestError with the server's status
   */
  async infer(feeds: Tensors, timeout: number, patience: number): Promise<Tensors> {
    const asked = writeRequest(this.options, feeds, { timeout, binary: this.binary });
    const signal = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(Math.ceil(patience))]);
    try {
      // It may send numbers though bytes were asked for.
      const most = mostMessageBytes(this.options.outputs);
      const reply = await this.connection.ask(`${this.connection.modelPath}/infer`, most, signal, asked);
      if (reply.status !== 200) throw errorOf(reply.status, reply.body);
      const length = reply.headers["inference-header-content-length"];
      return readAnswerBody(reply.body, length === undefined ? undefined : Number(length), this.options);
    } catch (error) {
      if (error instanceof InputError && error.code === "ERR_CONNECT") this.lost(error);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped.abort();
    clearTimeout(this.timer);
    this.connection.close();
  }

  private lost(reason: InputError): void {
    if (this.stopped.signal.aborted || !this.there) return;
    this.there = false;
    this.options.onLost(reason);
    void this.look(firstPause);
  }

  private async look(pause: number): Promise<void> {
    if (this.looking || this.stopped.signal.aborted) return;
    this.looking = true;
    const reason = await this.fault();
    this.looking = false;
    if (this.stopped.signal.aborted) return;
    if (reason === undefined) {
      this.there = true;
      this.said = "";
      this.options.onConnected();
      return;
    }
    if (reason.message !== this.said) this.options.onFailed(reason);
    this.said = reason.message;
    this.timer = setTimeout(() => void this.look(Math.min(lastPause, 2 * pause)), pause);
  }

  /** Why the model cannot be asked; undefined: it can. */
  private async fault(): Promise<InputError | undefined> {
    const { peer } = this.options;
    const { modelPath, serverPath } = this.connection;
    const because = (code: ErrorCode, text: string): InputError =>
      new InputError(code, `${peer} at ${this.connection.url}: ${text}`);
    const signal = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(lookMilliseconds)]);
    try {
      const ready = await this.connection.ask(`${modelPath}/ready`, mostMetadata, signal);
      if (ready.status !== 200) return because("ERR_CONNECT", errorOf(ready.status, ready.body).message);
      const server = await this.connection.ask(serverPath, mostMetadata, signal);
      this.binary = takesBytes(server.status, server.body);
      const { status, body } = await this.connection.ask(modelPath, mostMetadata, signal);
      if (status !== 200) return because("ERR_CONNECT", errorOf(status, body).message);
      const fault = metadataFault(body, this.options, this.binary);
      return fault === undefined ? undefined : because("ERR_DEPLOYMENT_OTHER", fault);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return because(error.code, error.message);
    }
  }
}
