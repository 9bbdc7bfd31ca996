// The page's looks: one column on small screens, two on large ones, light and dark as the reader's system has it.

export const pageStyle = `
:root {
  color-scheme: light dark;
  --paper: #f7f6f3; --card: #ffffff; --ink: #1c1f23; --soft: #5d646d; --line: #e3e1db; --grid: #eceae4;
  --today: #a9afb7; --chosen: #0f766e; --good: #15803d; --bad: #b91c1c; --tint: #e6f2f0;
  --c0: #64748b; --c1: #0f766e; --c2: #b45309; --c3: #6d28d9; --c4: #be185d; --c5: #1d4ed8; --c6: #4d7c0f; --c7: #78350f; --c8: #dc2626; --c9: #7e22ce;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --card: #1c1f25; --ink: #e8eaed; --soft: #9aa3ad; --line: #2d323a; --grid: #272b32;
    --today: #6b7480; --chosen: #2dd4bf; --good: #4ade80; --bad: #f87171; --tint: #16302d;
    --c0: #94a3b8; --c1: #2dd4bf; --c2: #fbbf24; --c3: #a78bfa; --c4: #f472b6; --c5: #60a5fa; --c6: #a3e635; --c7: #d6a77a; --c8: #f87171; --c9: #c084fc;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.55 -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 48px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 15px; margin: 0 0 2px; }
p { margin: 0; }
.lead { font-size: 17px; max-width: 62ch; }
.soft, small { color: var(--soft); font-size: 13px; }
.badge { display: inline-block; padding: 2px 10px; border-radius: 99px; font-size: 13px; font-weight: 600; vertical-align: 4px; margin-left: 8px; background: var(--tint); color: var(--chosen); }
.badge.missed { background: color-mix(in srgb, var(--bad) 14%, transparent); color: var(--bad); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 22px 0 12px; }
.card, section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px; min-width: 0; }
.card b { display: block; font-size: 22px; line-height: 1.25; letter-spacing: -0.01em; }
.card .gain { font-weight: 600; color: var(--good); } .card .loss { font-weight: 600; color: var(--soft); }
.columns { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 12px; align-items: start; }
.wide { grid-column: 1 / -1; } .column { display: grid; gap: 12px; min-width: 0; }
section > .soft { margin-bottom: 10px; }
ul.targets { list-style: none; padding: 0; margin: 12px 0 0; } .targets .met { color: var(--good); } .targets .not { color: var(--bad); }
svg { display: block; width: 100%; height: auto; font-size: 11.5px; font-family: inherit; }
svg text { fill: var(--soft); } svg text.name { fill: var(--ink); font-weight: 600; }
svg .grid { stroke: var(--grid); } svg .axis { stroke: var(--line); } svg .limit { stroke: var(--bad); stroke-dasharray: 4 4; } svg text.limit-name { fill: var(--bad); }
svg .front { fill: none; stroke: var(--chosen); stroke-width: 1.5; opacity: 0.6; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; font-size: 13px; color: var(--soft); margin-top: 8px; }
.dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 5px; }
.bars { display: grid; grid-template-columns: minmax(0, max-content) minmax(0, 1fr) max-content; gap: 5px 10px; align-items: center; font-size: 13px; }
.bars .label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 190px; }
.bars.long { grid-template-columns: minmax(0, 1fr) max-content; gap: 2px 10px; } .bars.long .label { max-width: none; } .bars.long .track { grid-column: 1 / -1; margin-bottom: 5px; height: 12px; }
.bars .value { text-align: right; color: var(--soft); white-space: nowrap; } .bars .strong { color: var(--ink); font-weight: 600; }
.track { position: relative; height: 14px; } .track.pair { height: 17px; }
.bar { position: absolute; left: 0; top: 0; height: 100%; border-radius: 3px; background: var(--today); min-width: 2px; }
.pair .bar { height: 8px; } .pair .bar + .bar { top: 9px; } .bar.chosen { background: var(--chosen); }
.range { position: absolute; top: 6px; height: 2px; background: currentColor; opacity: 0.45; } .tick { position: absolute; top: 2px; width: 10px; height: 10px; margin-left: -5px; border-radius: 50%; background: currentColor; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 13px; }
th { text-align: left; color: var(--soft); font-weight: 500; } th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--grid); vertical-align: top; }
td.words { min-width: 190px; } td.n, th.n { text-align: right; white-space: nowrap; } tr.chosen td { font-weight: 600; } td.id { white-space: nowrap; }
details summary { cursor: pointer; color: var(--soft); font-size: 13px; padding: 2px 0; } footer { margin-top: 18px; max-width: 90ch; }
@media (max-width: 760px) {
  main { padding: 18px 12px 32px; } .columns { grid-template-columns: minmax(0, 1fr); } h1 { font-size: 22px; } .lead { font-size: 15px; }
  .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; } .card { padding: 10px 12px; } .card b { font-size: 18px; } .bars .label { max-width: 118px; }
}
@media print { body { background: none; } section, .card { break-inside: avoid; } }
`.trim();
