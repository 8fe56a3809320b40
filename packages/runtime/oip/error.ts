/** @file A request that gets no answer, with the HTTP status that says whose fault it is. */
import { InputError } from "@split-et-impera/core/errors";

export class RequestError extends InputError {
  /** 4xx: of the request; 503: of the moment. */
  readonly status: number;

  constructor(status: number, message: string) {
    super("ERR_MESSAGE", message);
    this.status = status;
  }
}
