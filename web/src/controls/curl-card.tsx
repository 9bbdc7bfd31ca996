// The shown question as a command to copy: what the page asks, anyone can ask.
import { useState } from 'preact/hooks';
import type { Field } from '../fields/field.js';
import { useStore } from '../state/store.js';
import type { Studio } from '../state/studio.js';
import type { Policy } from '../state/studio-state.js';

const rowsOf = ({ n, data }: Field): number[][] =>
  Array.from({ length: n }, (_, j) =>
    Array.from(data.subarray(j * n, (j + 1) * n), value => Number(value.toPrecision(6))),
  );

function command(model: string, policy: Policy, rows: string): string {
  const body = `{"model":"${model}","inputs":{"a":${rows}},"guard":"${policy}"}`;
  return `curl -s ${location.origin}/predict \\\n  -H 'content-type: application/json' \\\n  -d '${body}'`;
}

type CopyState = 'idle' | 'copied' | 'blocked';
const words: Readonly<Record<CopyState, string>> = { idle: 'Copy', copied: 'Copied', blocked: 'Not allowed here' };

export function CurlCard({ studio }: { readonly studio: Studio }) {
  const model = useStore(studio.store, state => state.model?.name ?? 'darcy');
  const policy = useStore(studio.store, state => state.policy);
  const permeability = useStore(studio.store, state => state.permeability);
  const [copied, setCopied] = useState<CopyState>('idle');

  const copy = async () => {
    if (permeability === undefined) return;
    try {
      await navigator.clipboard.writeText(command(model, policy, JSON.stringify(rowsOf(permeability))));
      setCopied('copied');
    } catch {
      setCopied('blocked');
    }
    setTimeout(() => setCopied('idle'), 2000);
  };

  const n = permeability?.n ?? 0;
  const first =
    permeability === undefined
      ? ''
      : Array.from(permeability.data.subarray(0, 3), v => Number(v.toPrecision(3))).join(',');
  return (
    <section class="card curl" aria-labelledby="curl-title">
      <header class="panel-head">
        <h2 id="curl-title">The same question with curl</h2>
        <button type="button" class="small" disabled={permeability === undefined} onClick={copy} aria-live="polite">
          {words[copied]}
        </button>
      </header>
      <pre>{command(model, policy, `[[${first},…],…]`)}</pre>
      <p class="hint">
        The copy holds all {n} × {n} values as painted.
      </p>
    </section>
  );
}
