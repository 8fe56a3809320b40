/** @file What happens to a host's lines and its frames, in words. */
import type { InputError } from "@split-et-impera/core/errors";
import type { LineEvent } from "@split-et-impera/runtime/host";
import { Seldom } from "./seldom.ts";

/** A frame that got no answer from what this host did. */
export interface UnreadableEvent {
  event: "unreadable";
  frame: number;
  code: string;
  reason: string;
}

export type HostEvent = LineEvent | UnreadableEvent;

export const unreadableEvent = (frame: number, { code, message }: InputError): UnreadableEvent => ({
  event: "unreadable",
  frame,
  code,
  reason: message,
});

/** An event as it is told; of strangers and frames, how many more there were for the same reason since the last one. */
export type ToldEvent = HostEvent & { more?: number };

/** Of one reason one is told in so many milliseconds: whoever knocks all day fills no log. */
const onceInMilliseconds = 60_000;

/** Hands events on, but for strangers and unreadable frames whose reason was told lately. */
export function tellingSeldom(tell: (event: ToldEvent) => void): (event: HostEvent) => void {
  const seldom = new Seldom(onceInMilliseconds);
  return (event) => {
    if (event.event !== "refused" && event.event !== "unreadable") return tell(event);
    // Every attempt comes from another port, every answer has another size.
    const reason = event.event === "refused" ? event.reason.replace(event.from, "") : event.code;
    const more = seldom.due(reason);
    if (more !== undefined) tell({ ...event, ...(more > 0 && { more }) });
  };
}

/** What happened, with who is at the other end. */
export function eventText(event: ToldEvent): string {
  if (event.event === "connected") return `connected ${event.peer}`;
  const more = event.more === undefined ? "" : ` (and ${event.more} more times since)`;
  if (event.event === "unreadable") return `frame ${event.frame} unreadable: ${event.reason}${more}`;
  return `${event.event} ${whyText(event)}${more}`;
}

/** Why there is no line, with who is at the other end, which most reasons name themselves. */
export function whyText(event: Exclude<LineEvent, { event: "connected" }>): string {
  const who = event.event === "refused" ? event.from : event.peer;
  return event.reason.startsWith(who) ? event.reason : `${who}: ${event.reason}`;
}
