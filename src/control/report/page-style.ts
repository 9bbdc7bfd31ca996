// The looks of the report: cards in as many columns as there is room for, light and dark as the reader's system has it, ink on paper in print.

const light = `--paper: #f6f7f8; --card: #fff; --ink: #16202a; --soft: #56626e; --line: #dde3e8; --grid: #e9edf0; --sunken: #f0f3f5;
  --stable: #8795a3; --candidate: #0d6f8f; --band: #0d6f8f2b; --harm: #b3261e; --safety: #16703f; --held: #8a5300;
  --good-tint: #e3f3e9; --bad-tint: #fce8e6; --open-tint: #e2f0f5; --held-tint: #fdf0d9;`;

const dark = `--paper: #0d1115; --card: #151b21; --ink: #e6ebf0; --soft: #9ba7b3; --line: #29323c; --grid: #222b34; --sunken: #1b222a;
  --stable: #8b98a5; --candidate: #5cc3e0; --band: #5cc3e033; --harm: #ff9a92; --safety: #6fd39b; --held: #f2b65c;
  --good-tint: #12301f; --bad-tint: #3a1614; --open-tint: #10303b; --held-tint: #33260e;`;

export const pageStyle = `
:root { color-scheme: light dark; ${light} }
@media screen and (prefers-color-scheme: dark) { :root { ${dark} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 14px/1.5 -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
main { max-width: 1180px; margin: 0 auto; padding: 24px 16px 40px; }
h1 { font-size: 24px; line-height: 1.25; margin: 2px 0 6px; letter-spacing: -0.01em; text-wrap: balance; }
h2 { font-size: 17px; margin: 30px 0 8px; }
h3 { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 2px 10px; font-size: 14px; margin: 0 0 4px; }
p { margin: 0; max-width: 85ch; }
.soft, small { color: var(--soft); font-size: 12.5px; font-weight: 400; }
header { border: 1px solid var(--line); border-left: 6px solid var(--state); border-radius: 10px; padding: 16px 20px; background: var(--tint); }
header.good { --state: var(--safety); --tint: var(--good-tint); } header.bad { --state: var(--harm); --tint: var(--bad-tint); }
header.open { --state: var(--candidate); --tint: var(--open-tint); } header.held { --state: var(--held); --tint: var(--held-tint); }
p.phase { color: var(--state); font-weight: 700; text-transform: uppercase; font-size: 12px; letter-spacing: 0.06em; }
.lead { font-size: 16px; } header .soft { color: var(--ink); opacity: 0.8; margin-top: 4px; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(125px, 1fr)); gap: 8px 16px; margin: 14px 0 0; }
.facts dt { font-size: 12px; opacity: 0.8; } .facts dd { margin: 0; font-weight: 600; }
ul.faults { margin: 8px 0 0; padding-left: 18px; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 430px), 1fr)); gap: 12px; margin-top: 10px; align-items: start; }
.grid.wide { grid-template-columns: minmax(0, 1fr); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; min-width: 0; }
.criterion.abort { border-color: var(--harm); }
.pill { border-radius: 99px; padding: 1px 9px; font-size: 12px; font-weight: 600; background: var(--open-tint); color: var(--candidate); }
.promote .pill { background: var(--good-tint); color: var(--safety); } .abort .pill { background: var(--bad-tint); color: var(--harm); }
figure { margin: 10px 0 0; } figcaption { font-size: 12px; color: var(--soft); }
b.harm { color: var(--harm); } b.safety { color: var(--safety); }
svg { display: block; width: 100%; height: auto; overflow: visible; font: 11px inherit; } svg svg { overflow: hidden; }
svg .mark { fill: var(--soft); font-size: 10.5px; } svg .arm-name { fill: var(--ink); font-size: 11px; font-weight: 600; }
.grid > section > svg { margin-top: 6px; }
path { fill: none; } .gridline { stroke: var(--grid); } .tick, .axis { stroke: var(--soft); stroke-width: 0.8; }
.boundary { stroke: var(--soft); stroke-dasharray: 1 3; } .decision { stroke: var(--ink); stroke-width: 1.2; } .decision-head { fill: var(--ink); }
.line { stroke: var(--candidate); stroke-width: 1.7; stroke-linejoin: round; } .dot { fill: var(--candidate); }
.line.harm { stroke: var(--harm); } .dot.harm { fill: var(--harm); } .line.safety { stroke: var(--safety); } .dot.safety { fill: var(--safety); }
.area, .band { fill: var(--band); } .bound { stroke: var(--candidate); stroke-width: 0.7; opacity: 0.6; } .alone { stroke: var(--band); stroke-width: 9; }
.level { stroke: var(--soft); } .level.zero { stroke: var(--ink); opacity: 0.65; } .level.margin { stroke: var(--harm); stroke-dasharray: 6 3; }
.level.harm { stroke: var(--harm); stroke-dasharray: 2 3; } .level.safety { stroke: var(--safety); stroke-dasharray: 6 3; }
.level-name { font-size: 10.5px; fill: var(--soft); paint-order: stroke; stroke: var(--card); stroke-width: 3px; } .level-name.margin, .level-name.harm { fill: var(--harm); } .level-name.safety { fill: var(--safety); }
rect.stable { fill: var(--stable); } rect.candidate { fill: var(--candidate); } .quantile { stroke: var(--ink); stroke-width: 0.9; stroke-dasharray: 2 2; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 13px; margin-top: 6px; }
th { text-align: left; color: var(--soft); font-weight: 500; font-size: 12px; } th, td { padding: 4px 10px 4px 0; border-bottom: 1px solid var(--grid); vertical-align: top; }
tr:last-child td { border-bottom: 0; } .n { text-align: right; white-space: nowrap; } tr.now td { font-weight: 600; background: var(--sunken); } td.words { width: 100%; min-width: 150px; }
.kind { white-space: nowrap; font-size: 12px; color: var(--soft); } tr.verdict .kind { color: var(--candidate); font-weight: 600; } tr.fault .kind { color: var(--harm); font-weight: 600; } tr.command .kind { color: var(--held); font-weight: 600; }
.drivers td.words { width: auto; } .drivers td.track { width: 45%; min-width: 110px; }
.track span { position: relative; display: block; height: 12px; margin-top: 4px; background: linear-gradient(var(--soft), var(--soft)) 50% 0 / 1px 100% no-repeat; }
.track i { position: absolute; top: 1px; height: 10px; background: var(--candidate); border-radius: 2px; } i.harm { background: var(--harm); } i.safety { background: var(--safety); }
pre { margin: 6px 0 0; padding: 10px 12px; background: var(--sunken); border-radius: 6px; font: 12px/1.5 ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; white-space: pre-wrap; columns: 300px; column-rule: 1px solid var(--line); }
footer { margin-top: 20px; }
@media (max-width: 520px) { main { padding: 10px 8px 24px; } header { padding: 12px 14px; } h1 { font-size: 20px; } section { padding: 10px; } .facts { grid-template-columns: 1fr 1fr; } }
@media print { body { background: #fff; font-size: 12px; } main { max-width: none; padding: 0; } section, figure, header { break-inside: avoid; } section:has(pre), .grid.wide section { break-inside: auto; } tr { break-inside: avoid; } h2 { break-after: avoid; } .grid { grid-template-columns: 1fr 1fr; } .grid.wide { grid-template-columns: minmax(0, 1fr); } * { print-color-adjust: exact; } }
`;
