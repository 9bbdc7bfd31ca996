// The training curve of docs/learn.md as a picture: test error against seconds, logarithmic, from docs/data.

const [width, height] = [720, 300];
const [left, right, top, bottom] = [64, 700, 20, 250];
const errors = [0.004, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04];

/** The SVG of `record`, a parsed docs/data/darcy-paper-curve.json. */
export function curvePicture({ curve }) {
  const last = curve.at(-1).seconds;
  const x = seconds => left + ((right - left) * seconds) / (60 * Math.ceil(last / 60));
  const [low, high] = [Math.log(errors[0]), Math.log(errors.at(-1))];
  const y = error => bottom - ((bottom - top) * (Math.log(error) - low)) / (high - low);
  const minutes = Array.from({ length: Math.ceil(last / 60) + 1 }, (_, minute) => minute);
  const round = value => value.toFixed(1);
  const label = (px, py, text, anchor) =>
    `<text x="${round(px)}" y="${round(py)}" text-anchor="${anchor}">${text}</text>`;
  const rules = errors.map(error => {
    const style = error === 0.015 ? 'class="goal"' : 'class="rule"';
    const line = `<line ${style} x1="${left}" x2="${right}" y1="${round(y(error))}" y2="${round(y(error))}"/>`;
    return `${line}${label(left - 8, y(error) + 4, `${(100 * error).toFixed(1)} %`, 'end')}`;
  });
  const ticks = minutes.map(minute => label(x(60 * minute), bottom + 20, String(minute), 'middle'));
  const points = curve.map(({ seconds, testError }) => `${round(x(seconds))},${round(y(testError))}`);
  const dots = points.map(point => `<circle cx="${point.split(',')[0]}" cy="${point.split(',')[1]}" r="3"/>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Test error against minutes of training">
<style>
text { font: 12px system-ui, sans-serif; fill: #555 }
.rule { stroke: #ddd }
.goal { stroke: #b4531a; stroke-dasharray: 5 4 }
polyline { fill: none; stroke: #0b5d7a; stroke-width: 2 }
circle { fill: #0b5d7a }
</style>
<rect width="${width}" height="${height}" fill="#fff"/>
${rules.join('\n')}
${ticks.join('\n')}
${label((left + right) / 2, height - 8, 'minutes of training on two cores', 'middle')}
<polyline points="${points.join(' ')}"/>
${dots.join('\n')}
</svg>
`;
}
