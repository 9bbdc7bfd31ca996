// `galerkin release plan FILE`: what a release would do, and why it would be refused; changes nothing.
import { Command } from 'commander';
import { type PlanAnswer, readReleaseDocument } from '../../../control/index.js';
import { facts, report, table } from '../../output.js';
import { planRelease, serverFlag } from '../../release/api.js';
import { fitted } from '../../release/canvas.js';
import { clockTime, plain, sharePercent } from '../../release/words.js';

const refused = 65;

export function planCommand(): Command {
  return new Command('plan')
    .description('Show what a release would do: stages, longest time, what will be judged. Changes nothing.')
    .argument('<file>', 'release document')
    .addOption(serverFlag())
    .option('--json', 'print one line of JSON', false)
    .action(plan);
}

async function plan(file: string, { server, json }: { server: string; json: boolean }): Promise<void> {
  const planned = await planRelease(server, await readReleaseDocument(file));
  report(json, planned, () => fitted(text(planned), process.stdout));
  if (planned.faults.length > 0) process.exitCode = refused;
}

function text({ model, baseline, candidate, stages, longestMs, judged, notJudged, faults, notes }: PlanAnswer): string {
  const rows = stages.map(({ title, candidateShare, mirrorShare, replicas, holdMs, approve }, index) => [
    String(index + 1),
    plain(title),
    sharePercent(candidateShare),
    mirrorShare === 0 ? '–' : sharePercent(mirrorShare),
    String(replicas),
    clockTime(holdMs),
    approve ? 'a person' : 'the judge',
  ]);
  const head = ['stage', 'what', 'candidate', 'copies', 'replicas', 'at most', 'ended by'];
  const unjudged = notJudged.map(({ metric, why }) => `${plain(metric)}: ${plain(why)}`);
  return [
    facts([
      ['model', `${plain(model)}, version ${baseline} → ${candidate}`],
      ['longest', clockTime(longestMs)],
    ]),
    '',
    table([head, ...rows]),
    '',
    'Judged:',
    ...judged.map(each => `  ${plain(each)}`),
    ...(unjudged.length === 0 ? [] : ['', 'Not judged:', ...unjudged.map(each => `  ${each}`)]),
    '',
    ...notes.map(plain),
    ...(faults.length === 0
      ? ['It would start.']
      : ['It would be refused:', ...faults.map(fault => `  ${plain(fault)}`)]),
  ].join('\n');
}
