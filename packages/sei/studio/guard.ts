/** @file Who may talk to the studio: requests for this very address, from its own page, that know the token. */
import { createMiddleware } from "hono/factory";
import { getCookie, setCookie } from "hono/cookie";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** A word that nobody guesses, for the URL that is printed. */
export const newToken = (): string => randomBytes(24).toString("base64url");

/** What the page may load: what this server serves, and nothing that stands in a document itself. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers: Record<string, string> = {
  "content-security-policy": policy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

export interface GuardOptions {
  token: string;
  /** `127.0.0.1:8080`: what a browser says it asks for; anything else is another site that points here. */
  hosts: readonly string[];
}

/**
 * Refuses requests for another host (a name that was made to point here), from another origin (a page elsewhere), and
 * without the token. The token comes once in the URL (`?token=`) and is then a cookie that no script reads.
 */
export function guard({ token, hosts }: GuardOptions) {
  return createMiddleware(async (c, next) => {
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    const host = c.req.header("host") ?? "";
    if (!hosts.includes(host)) return c.text("This address is not the studio's.", 403);
    const origin = c.req.header("origin");
    if (origin !== undefined && origin !== `http://${host}`) return c.text("This page is not the studio's.", 403);
    const cookie = `sei-studio-${host.split(":").at(-1)}`;
    const url = new URL(c.req.url);
    const given = url.searchParams.get("token");
    if (given !== null && c.req.method === "GET" && !url.pathname.startsWith("/api/")) {
      if (!same(given, token)) return c.text(unknown, 403);
      setCookie(c, cookie, token, { httpOnly: true, sameSite: "Strict", path: "/" });
      url.searchParams.delete("token");
      return c.redirect(`${url.pathname}${url.search}`);
    }
    if (!same(getCookie(c, cookie) ?? "", token)) return c.text(unknown, 403);
    await next();
    return undefined;
  });
}

const unknown = "The studio knows its visitors by the address that `sei studio` printed; open that one.\n";

/** Whether two words are the same, in a time that tells nothing of where they differ. */
function same(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(first!, second!);
}
