// `galerkin release report ID`: the evidence as one page for the reviewer.
import { Command } from 'commander';
import { writeFileAtomic } from '../../../store/index.js';
import { report } from '../../output.js';
import { releaseReportPage, serverFlag } from '../../release/api.js';

interface ReportFlags {
  readonly server: string;
  readonly out?: string;
  readonly json: boolean;
}

export function reportCommand(): Command {
  return new Command('report')
    .description('Write the evidence of a release as one HTML page.')
    .argument('<id>', 'name of the release')
    .addOption(serverFlag())
    .option('--out <file>', 'where to write it (default: release-<id>.html)')
    .option('--json', 'print one line of JSON', false)
    .action(write);
}

async function write(id: string, { server, out, json }: ReportFlags): Promise<void> {
  const page = await releaseReportPage(server, id);
  // A name is a server's; it must not choose the folder.
  const file = out ?? `release-${id.replace(/[^\w.-]/g, '_')}.html`;
  const content = new TextEncoder().encode(page);
  await writeFileAtomic(file, content);
  report(json, { file, bytes: content.length }, () => `Wrote ${file}, ${(content.length / 1024).toFixed(0)} KB.`);
}
