/** @file Metrics of a host, fetched and read: the text format of Prometheus as `--metrics` writes it. */
import { InputError } from "@split-et-impera/core/errors";

/** Samples by name; labels as they stand, sorted by nothing. */
export type Metrics = ReadonlyMap<string, readonly { labels: Readonly<Record<string, string>>; value: number }[]>;

/** Far more than any host's metrics are. */
const mostBytes = 2 ** 20;
const milliseconds = 2000;

/** `http://10.0.0.2:9100/metrics`; `10.0.0.2:9100` and `9100` (on loopback) mean such a one. */
export function metricsUrl(given: string): URL {
  const text = /^\d+$/.test(given) ? `127.0.0.1:${given}` : given;
  const url = URL.parse(text.includes("://") ? text : `http://${text}/metrics`);
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new InputError(
    "ERR_USAGE",
    `expected a URL such as http://10.0.0.2:9100/metrics, ADDRESS:PORT or PORT, got "${given}"`,
  );
}

const unreachable: Record<string, string> = {
  ECONNREFUSED: "nobody listens there",
  ECONNRESET: "ended the connection; is that the port of `--metrics`?",
  ENOTFOUND: "no address is known for this name",
  EHOSTUNREACH: "no way leads there",
  ENETUNREACH: "no way leads there",
};

/** @throws InputError `ERR_CONNECT` where nothing of the kind is there */
export async function scrape(url: URL, signal: AbortSignal): Promise<Metrics> {
  const fail = (what: string, cause?: unknown): InputError =>
    new InputError("ERR_CONNECT", `${url.href}: ${what}`, { cause });
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]),
      redirect: "error",
    });
    if (!response.ok) throw fail(`answers ${response.status}`);
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > mostBytes) throw fail(`sends more than ${mostBytes} bytes`);
    }
    const metrics = readMetrics(text);
    if (!metrics.has("sei_info")) throw fail("serves no metrics of `sei serve` or `sei run`");
    return metrics;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof InputError) throw error;
    const { cause, name } = error as Error & { cause?: NodeJS.ErrnoException };
    if (name === "TimeoutError") throw fail("no answer within 2 s", error);
    const code = cause?.code ?? cause?.message ?? name;
    const known = Object.hasOwn(unreachable, code) ? unreachable[code] : undefined;
    throw fail(`${known ?? "cannot be reached"} (${code})`, error);
  }
}

const sampleLine = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const labelPart = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Lines that are no samples are passed over. */
export function readMetrics(text: string): Metrics {
  const metrics = new Map<string, { labels: Record<string, string>; value: number }[]>();
  for (const line of text.split("\n")) {
    const match = line.startsWith("#") ? null : sampleLine.exec(line);
    if (!match) continue;
    const [, name, labels = "", number] = match as unknown as [string, string, string | undefined, string];
    const value = number === "+Inf" ? Infinity : Number(number);
    if (Number.isNaN(value)) continue;
    const found = [...labels.matchAll(labelPart)].map(([, label, text = ""]) => [label, unescaped(text)] as const);
    const known = metrics.get(name) ?? [];
    known.push({ labels: Object.fromEntries(found) as Record<string, string>, value });
    metrics.set(name, known);
  }
  return metrics;
}

const unescaped = (text: string): string => text.replaceAll(/\\(.)/g, (_, one: string) => (one === "n" ? "\n" : one));
