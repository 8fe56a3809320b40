/** @file What happens to a host's lines, in words. */
import type { LineEvent } from "@split-et-impera/runtime/host";
import { Seldom } from "./seldom.ts";

/** An event as it is told; of strangers that were refused, how many more there were for the same reason since the last one. */
export type ToldEvent = LineEvent & { more?: number };

/** Refusals of one reason are told once in so many milliseconds: whoever knocks all day fills no log. */
const refusalsMilliseconds = 60_000;

/** Hands events on, but for refusals whose reason was told lately. */
export function tellingSeldom(tell: (event: ToldEvent) => void): (event: LineEvent) => void {
  const seldom = new Seldom(refusalsMilliseconds);
  return (event) => {
    if (event.event !== "refused") return tell(event);
    // Every attempt comes from another port.
    const more = seldom.due(event.reason.replace(event.from, ""));
    if (more !== undefined) tell({ ...event, ...(more > 0 && { more }) });
  };
}

/** What happened, with who is at the other end. */
export function eventText(event: ToldEvent): string {
  if (event.event === "connected") return `connected ${event.peer}`;
  const more = event.more === undefined ? "" : ` (and ${event.more} more times since)`;
  return `${event.event} ${whyText(event)}${more}`;
}

/** Why there is no line, with who is at the other end, which most reasons name themselves. */
export function whyText(event: Exclude<LineEvent, { event: "connected" }>): string {
  const who = event.event === "refused" ? event.from : event.peer;
  return event.reason.startsWith(who) ? event.reason : `${who}: ${event.reason}`;
}
