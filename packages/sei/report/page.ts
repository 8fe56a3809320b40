/** @file The frame of a page that loads nothing from anywhere: head, navigation, one script, a policy that allows no other. */
import { createHash } from "node:crypto";
import { html, trusted, type Markup } from "@split-et-impera/charts";
import { script } from "./script.ts";
import { style } from "./style.ts";

export interface Page {
  name: string;
  /** A sentence for whoever lists it. */
  description: string;
  version: string;
  /** Sections by id, with their names. */
  links: readonly (readonly [id: string, text: string])[];
  body: Markup;
  footer: Markup;
}

/** One self-contained HTML file. */
export function page({ name, description, version, links, body, footer }: Page): string {
  const scriptHash = createHash("sha256").update(script).digest("base64");
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="split-et-impera ${version}" />
        <meta name="description" content="${description}" />
        <title>${name} · Split-Et-Impera</title>
        ${element("style", style)}
      </head>
      <body>
        <header class="top">
          <h1>${name}</h1>
          <span class="brand">Split-Et-Impera</span>
          <nav aria-label="Sections">
            ${links.map(([id, text]) => html`<a href="#${id}">${text}</a>`)}<button id="theme" type="button" hidden>
              Dark
            </button>
          </nav>
        </header>
        <main>${body}</main>
        <footer>${footer}</footer>
        ${element("script", script)}
      </body>
    </html> `.markup;
}

/** Its text exactly: the policy's hash is over it, so that not even a blank may be added. */
function element(name: "script" | "style", text: string): Markup {
  return trusted(`<${name}>${text}</${name}>`);
}
