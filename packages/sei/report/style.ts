/** @file How the page looks: two schemes, one column, room to read; and on paper. */

/**
 * Colours by meaning. Kinds of design are blue and orange, told apart by every kind of colour vision, and grey; met,
 * missed and undecided always come with a symbol. Parts of the latency follow Okabe and Ito's palette.
 */
const colours = `
:root { color-scheme: light dark;
  --bg: light-dark(#f6f6f4, #121417); --surface: light-dark(#ffffff, #1a1d21); --sunk: light-dark(#f3f4f4, #22262b);
  --ink: light-dark(#16191d, #e9ebee); --muted: light-dark(#5a6169, #a0a8b1); --line: light-dark(#e2e4e7, #2f343a);
  --lc: light-dark(#6a727b, #9aa3ad); --rc: light-dark(#2a6fbb, #6aa9ec); --sc: light-dark(#d0651a, #f0954c); --ee: light-dark(#7d4bb8, #b791ea);
  --lc-text: light-dark(#59616a, #aab2bb); --rc-text: light-dark(#225f9f, #82b8f2); --sc-text: light-dark(#a84c0c, #f3a463);
  --met: light-dark(#0b7a67, #3fc5a8); --missed: light-dark(#b3261e, #f2867d); --undecided: light-dark(#7d5c00, #dcb44a);
  --met-soft: light-dark(#e8f4f0, #17302b); --missed-soft: light-dark(#fbecea, #3a2120); --undecided-soft: light-dark(#f8f1dd, #352c14);
  --part-head: light-dark(#0a5e9c, #3f8fd1); --part-encode: light-dark(#56b4e9, #8fd0f5); --part-queue: light-dark(#b9bec4, #626a73);
  --part-wire: light-dark(#e69f00, #f0b429); --part-decode: light-dark(#8ed1bb, #a9e3d0); --part-middle: light-dark(#7b6fb0, #a99de0); --part-tail: light-dark(#009e73, #28b48b);
  --part-answer: light-dark(#cc79a7, #dc93bb); }
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
`;

const text = `
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0; background: var(--bg); color: var(--ink);
  font: 16px/1.55 Inter, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, system-ui, sans-serif; }
main, header.top, footer { max-width: 1112px; margin: 0 auto; padding: 0 28px; }
h1, h2, h3, p, figure, ul, ol, dl, dd, fieldset { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h2 { font-size: 1.5rem; line-height: 1.2; letter-spacing: -0.015em; font-weight: 650; }
h3 { font-size: 1rem; font-weight: 650; }
section { margin: 64px 0; scroll-margin-top: 16px; }
h2 + figure { margin-top: 18px; }
.lead { margin: 8px 0 20px; max-width: 74ch; color: var(--muted); }
code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: 0.9em; }
code { overflow-wrap: anywhere; }
pre { margin: 12px 0; padding: 14px 16px; overflow-x: auto; background: var(--sunk); border-radius: 8px; line-height: 1.45; }
pre code { overflow-wrap: normal; }
small { font-size: 0.86em; color: var(--muted); }
.soft { color: var(--muted); }
.doubts { margin: 24px 0 -8px; padding: 14px 18px; border-left: 4px solid var(--undecided); border-radius: 8px; background: var(--undecided-soft); }
.doubts ul { margin: 6px 0 6px 20px; list-style: disc; }
.nowrap, td > .design { white-space: nowrap; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.design { overflow-wrap: anywhere; }
a { color: inherit; }
:focus-visible { outline: 2px solid var(--rc); outline-offset: 2px; border-radius: 3px; }
header.top { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 20px; padding-top: 28px; }
header.top h1 { font-size: 1rem; font-weight: 650; }
header.top .brand { color: var(--muted); font-size: 0.875rem; }
header.top nav { margin-left: auto; display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 0.875rem; }
header.top nav a { color: var(--muted); text-decoration: none; }
header.top nav a:hover { color: var(--ink); text-decoration: underline; text-underline-offset: 3px; }
#theme { font: inherit; font-size: 0.8125rem; color: var(--muted); background: none; border: 1px solid var(--line); border-radius: 99px; padding: 1px 12px; cursor: pointer; }
#theme:hover { color: var(--ink); border-color: var(--muted); }
footer { padding-top: 20px; padding-bottom: 48px; font-size: 0.8125rem; color: var(--muted); }
`;

const hero = `
.hero { margin: 24px 0 64px; padding: 36px 40px 32px; background: var(--surface); border: 1px solid var(--line); border-radius: 14px; border-top: 4px solid var(--met); }
.hero.missed { border-top-color: var(--missed); }
.eyebrow { font-size: 0.8125rem; font-weight: 650; letter-spacing: 0.06em; text-transform: uppercase; color: var(--met); }
.hero.missed .eyebrow { color: var(--missed); }
.sentence { margin: 8px 0 26px; font-size: clamp(1.3rem, 0.95rem + 1.5vw, 1.95rem); line-height: 1.28; letter-spacing: -0.018em; font-weight: 600; text-wrap: balance; max-width: 44em; }
.sentence .design { color: var(--met); }
.hero.missed .sentence .design { color: inherit; }
@media (min-width: 761px) { .sentence .design { white-space: nowrap; } }
.way { display: flex; align-items: stretch; margin: 0 0 24px; }
.way li { display: flex; flex-direction: column; min-width: 0; font-size: 0.875rem; line-height: 1.4; }
.way span { color: var(--muted); }
.way em { margin-top: auto; padding-top: 6px; font-style: normal; font-weight: 600; font-variant-numeric: tabular-nums; }
.way em .soft { font-weight: 400; }
.way .host { flex: 1.25 1 0; padding: 12px 16px; background: var(--sunk); border-radius: 10px; }
.way .link { flex: 1 1 0; padding: 12px 12px; text-align: center; align-items: stretch; }
.way .link b { order: 0; } .way .link::after { order: 1; } .way .link span { order: 2; } .way .link em { order: 3; }
.way .link::after { content: ""; height: 9px; margin: 5px 0 4px; background: var(--muted);
  clip-path: polygon(0 3.8px, calc(100% - 8px) 3.8px, calc(100% - 8px) 0, 100% 4.5px, calc(100% - 8px) 9px, calc(100% - 8px) 5.2px, 0 5.2px); }
.way .link.back { flex: 0.62 1 0; padding-right: 0; }
.checks { display: grid; grid-template-columns: repeat(auto-fit, minmax(178px, 1fr)); gap: 10px; margin-bottom: 24px; }
.checks li { display: grid; gap: 1px; padding: 12px 14px; border: 1px solid var(--line); border-radius: 10px; font-size: 0.8125rem; line-height: 1.45; }
.checks .what { color: var(--muted); }
.checks strong { font-size: 1.25rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.checks .bar { position: relative; height: 6px; margin: 4px 0 6px; border-radius: 3px; background: var(--sunk); }
.checks .bar i { position: absolute; inset: 0 auto 0 0; border-radius: 3px; background: var(--state); }
.checks .bar b { position: absolute; top: -3px; bottom: -3px; width: 2px; background: var(--ink); }
.checks .how { color: var(--state); font-weight: 600; }
.checks .bound { float: right; color: var(--ink); font-variant-numeric: tabular-nums; }
.checks .room { color: var(--muted); }
.met { --state: var(--met); --state-soft: var(--met-soft); } .missed { --state: var(--missed); --state-soft: var(--missed-soft); } .undecided { --state: var(--undecided); --state-soft: var(--undecided-soft); }
.reasons li { padding: 3px 0 3px 116px; position: relative; font-size: 0.9375rem; }
.reasons b { position: absolute; left: 0; font-weight: 600; color: var(--muted); }
`;

const tables = `
.scroll { position: relative; overflow-x: auto; overscroll-behavior-x: contain; }
table { border-collapse: collapse; width: 100%; font-size: 0.8125rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 650; font-size: 1rem; padding: 0 0 8px; }
th, td { padding: 6px 7px; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); font-weight: 400; }
th.right, td.right { text-align: right; white-space: nowrap; }
thead th { font-weight: 600; color: var(--muted); white-space: nowrap; border-bottom-color: var(--muted); vertical-align: bottom; }
thead th button { all: unset; cursor: pointer; }
thead th button:hover { color: var(--ink); }
thead th button:focus-visible { outline: 2px solid var(--rc); outline-offset: 2px; }
thead th[aria-sort] { color: var(--ink); }
thead th[aria-sort="ascending"] button::after { content: " ↑"; }
thead th[aria-sort="descending"] button::after { content: " ↓"; }
table.plain { margin-top: 12px; }
section > .scroll > table.plain { margin-top: 36px; }
.designs tbody tr:hover > * { background: var(--sunk); }
.designs .name { position: sticky; left: 0; background: var(--bg); padding-left: 12px; white-space: nowrap; }
.designs .design { overflow-wrap: normal; }
.designs tbody tr.recommended > * { background: var(--met-soft); font-weight: 600; }
.designs tbody tr.recommended > .name { box-shadow: inset 3px 0 0 var(--met); }
.kind { display: inline-block; width: 8px; height: 8px; margin-right: 8px; background: var(--lc); }
.kind.RC { background: var(--rc); border-radius: 50%; } .kind.SC { background: var(--sc); transform: rotate(45deg); }
.kind.EE { background: var(--ee); clip-path: polygon(50% 0, 61% 35%, 98% 35%, 68% 57%, 79% 91%, 50% 70%, 21% 91%, 32% 57%, 2% 35%, 39% 35%); width: 11px; height: 11px; }
.tag { display: inline-block; padding: 0 7px; border-radius: 99px; font-size: 0.75rem; font-weight: 600; white-space: nowrap; background: var(--sunk); color: var(--muted); }
.tag.recommended { background: var(--met); color: var(--surface); }
.tag.pareto { padding: 0; background: none; color: var(--muted); }
.marks { display: inline-flex; gap: 3px; }
.mark { font-weight: 700; color: var(--state); }
.marks .mark { display: inline-block; width: 18px; height: 18px; line-height: 18px; text-align: center; border-radius: 4px; font-size: 0.75rem; background: var(--state-soft); position: relative; }
.requirements { display: flex; flex-wrap: wrap; gap: 4px 22px; counter-reset: r; margin: 0 0 14px; font-size: 0.875rem; }
.requirements li { counter-increment: r; }
.requirements li::before { content: counter(r); display: inline-block; min-width: 18px; margin-right: 7px; text-align: center; font-size: 0.75rem; font-weight: 650; border-radius: 4px; background: var(--sunk); box-shadow: 0 0 0 1px var(--line); }
.filter { border: 0; margin: 0 0 10px; display: none; flex-wrap: wrap; gap: 6px; font-size: 0.8125rem; }
@supports selector(:has(*)) { .filter { display: flex; } }
.filter label { padding: 2px 12px; border: 1px solid var(--line); border-radius: 99px; cursor: pointer; color: var(--muted); }
.filter label:has(:checked) { background: var(--ink); border-color: var(--ink); color: var(--bg); }
.filter label:has(:focus-visible) { outline: 2px solid var(--rc); outline-offset: 2px; }
.filter input { position: absolute; opacity: 0; }
#designs:has(#show-met:checked) tbody tr:not(.met), #designs:has(#show-pareto:checked) tbody tr:not(.is-pareto) { display: none; }
.notes { margin-top: 12px; font-size: 0.8125rem; color: var(--muted); max-width: 96ch; }
table.stages { max-width: 620px; margin: 32px 0; } .stages th[scope="row"] { overflow-wrap: anywhere; min-width: 12ch; }
.again { margin: 24px 0; } .again pre { margin: 6px 0 10px; } .again p { margin-bottom: 12px; max-width: 96ch; }
#study > h3 { margin: 32px 0 6px; }
.stages .share { width: 40%; } .stages .share i { display: block; height: 8px; border-radius: 2px; background: var(--rc); min-width: 1px; opacity: 0.75; }
`;

const figures = `
figure { background: var(--surface); border: 1px solid var(--line); border-radius: 14px; padding: 22px 28px 20px; margin: 0 0 24px; min-width: 0; }
figcaption { margin-top: 10px; font-size: 0.875rem; line-height: 1.5; color: var(--muted); max-width: 96ch; }
figure svg.plot { display: block; width: 100%; height: auto; overflow: visible; }
figure svg text { white-space: pre; }
.narrow { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: 3px 18px; margin: 6px 0 12px; font-size: 0.8125rem; color: var(--muted); }
.key { display: inline-block; width: 10px; height: 10px; margin-right: 7px; border: 1.6px solid var(--key); background: var(--key); border-radius: 2px; vertical-align: -0.5px; }
.key.dot, .key.ring { border-radius: 50%; } .key.ring { background: none; } .key.square { border-radius: 0; } .key.dash { width: 18px; height: 0; border: 0; border-top: 1.6px dashed var(--key); border-radius: 0; background: none; vertical-align: 3px; } .key.dots, .key.line { width: 18px; height: 0; border: 0; border-top: 2px dotted var(--key); border-radius: 0; background: none; vertical-align: 3px; } .key.line { border-top-style: solid; } .key.star { border-radius: 0; clip-path: polygon(50% 0, 61% 35%, 98% 35%, 68% 57%, 79% 91%, 50% 70%, 21% 91%, 32% 57%, 2% 35%, 39% 35%); } .key.diamond { border-radius: 0; transform: rotate(45deg) scale(0.85); }
details { margin-top: 14px; font-size: 0.875rem; }
summary { cursor: pointer; color: var(--muted); width: fit-content; }
summary:hover { color: var(--ink); }
details table th[scope="row"] { overflow-wrap: anywhere; }
details .scroll { max-height: 480px; overflow-y: auto; margin-top: 8px; }
details thead th { position: sticky; top: 0; background: var(--surface); }
#study details pre { max-height: 480px; }
.maps { width: auto; font-size: 0.8125rem; }
.maps th, .maps td { border: 0; padding: 4px 6px; }
.maps thead th { vertical-align: bottom; font-weight: 400; }
.maps thead b { color: var(--sc-text); }
.maps tbody th { font-weight: 600; vertical-align: middle; padding-left: 0; }
.maps small { display: block; font-weight: 400; }
.maps svg { display: block; width: clamp(72px, 8.2vw, 112px); height: auto; border-radius: 6px; }
.maps.wide svg { width: clamp(128px, 15vw, 200px); border-radius: 3px; }
.maps image { image-rendering: pixelated; }
.ramp { display: inline-block; width: 64px; height: 9px; border-radius: 2px; background: linear-gradient(90deg, #180c3c, #65156e, #bb3754, #f98e09, #fcffa4); }
.evens { display: grid; grid-template-columns: max-content 1fr; gap: 8px 20px; margin: 0 0 24px; font-size: 0.9375rem; }
.evens dd { display: flex; flex-wrap: wrap; gap: 2px 22px; font-variant-numeric: tabular-nums; } .evens b { font-weight: 650; overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(310px, 1fr)); gap: 16px; margin-top: 20px; }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 16px 20px; font-size: 0.875rem; }
.card h3 { margin-bottom: 8px; }
.card dl { display: grid; grid-template-columns: minmax(86px, max-content) 1fr; gap: 3px 14px; }
.card dt { color: var(--muted); max-width: 15ch; overflow-wrap: anywhere; } .card dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
`;

const small = `
@media screen and (max-width: 760px) {
  main, header.top, footer { padding-left: 16px; padding-right: 16px; }
  header.top nav { margin-left: 0; width: 100%; }
  section { margin: 44px 0; }
  .hero { margin: 16px 0 44px; padding: 22px 18px; }
  .wide { display: none; } .narrow { display: block; }
  figure { padding: 16px 12px 14px; }
  .way { flex-direction: column; gap: 4px; }
  .way li { flex: none; } .way em { padding-top: 2px; }
  .way .link, .way .link.back { position: relative; padding: 6px 16px 6px 48px; text-align: left; }
  .way .link::after { position: absolute; left: 22px; top: 2px; bottom: 2px; width: 9px; height: auto; margin: 0;
    clip-path: polygon(3.8px 0, 3.8px calc(100% - 8px), 0 calc(100% - 8px), 4.5px 100%, 9px calc(100% - 8px), 5.2px calc(100% - 8px), 5.2px 0); }
  .reasons li { padding-left: 0; } .reasons b { position: static; display: block; }
  .checks { grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); }
  .designs .name { min-width: 168px; max-width: 190px; white-space: normal; } .designs .design { overflow-wrap: anywhere; }
  .maps svg { width: 58px; } .maps.wide svg { width: 128px; } .maps th, .maps td { padding: 3px; } .maps thead th { max-width: 64px; white-space: normal; overflow-wrap: anywhere; }
  .cards { grid-template-columns: 1fr; }
  .evens { grid-template-columns: 1fr; gap: 2px; } .evens dd { display: block; margin-bottom: 10px; } .evens dd span { display: block; }
  section > .scroll > table.plain { min-width: 720px; }
}
`;

const print = `
@page { size: A4; margin: 13mm 12mm; }
@media print {
  :root, :root[data-theme] { color-scheme: light; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { background: #fff; font-size: 10.5pt; --bg: #fff; }
  main, header.top, footer { max-width: none; padding: 0; }
  header.top nav, .filter, details { display: none; }
  section { margin: 26px 0; } .hero { margin: 14px 0 26px; padding: 20px 22px; }
  .sentence { font-size: 17pt; }
  .wide { display: block; } .narrow { display: none; }
  figure, .card, .hero, tr { break-inside: avoid; }
  h2, h3, .lead { break-after: avoid; } .lead { break-inside: avoid; orphans: 3; }
  .checks { grid-template-columns: repeat(5, 1fr); gap: 6px; } .checks li { padding: 8px 9px; font-size: 7.5pt; } .checks strong { font-size: 11pt; }
  .way li { font-size: 8.5pt; } .reasons li { font-size: 9pt; }
  .scroll { overflow: visible; }
  .designs { font-size: 6.6pt; } .designs th, .designs td { padding: 2px 4px; } .designs .name { position: static; white-space: normal; }
  .designs .tag, .marks .mark { font-size: 6pt; } .marks { gap: 1px; } .marks .mark { width: 11px; height: 11px; line-height: 11px; }
  thead { display: table-header-group; }
  .maps svg { width: 84px; height: 84px; } .maps.wide svg { width: 128px; height: auto; } .maps th, .maps td { padding: 3px; }
  .cards { grid-template-columns: 1fr 1fr; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`;

/** The whole style sheet. */
export const style = colours + text + hero + tables + figures + small + print;
