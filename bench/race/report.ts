import { readFile, rename, writeFile } from 'node:fs/promises';
import { parseReport, type Report } from './outcome.ts';
import { tablesOf } from './table.ts';

/** Reads what an earlier bench has found, to be told with what is found now; nothing where no file is named. */
export async function readEarlier(file: string | undefined): Promise<Report> {
  if (file === undefined) return { head: {}, outcomes: [] };
  const { head, outcomes } = parseReport(await readFile(file, 'utf8'));
  const told = ['Date', 'Command', 'Commit'].map((name) => head[name] ?? 'unknown');
  return { head: { ...also(head), [`With ${file}`]: told.join(', ') }, outcomes };
}

/** The report as Markdown: its head, the table of the figures, and folded away below it the costs by process and by verb. */
export function reportText({ head, outcomes }: Report, order: readonly string[]): string {
  const lines = Object.entries(head).map(([name, value]) => `- ${name}: ${value}`);
  const notes =
    'Seconds, unless the row says otherwise; median, and range of several runs. CPU-seconds hold those of child processes, memory does not. ' +
    'API requests are those of everybody, the control plane with it, but for leases, watches and what the bench asks.';
  const { figures, parts } = tablesOf(outcomes, order);
  const folded = [
    '<details><summary>By process and by verb</summary>',
    '',
    parts,
    '',
    '</details>',
  ];
  return [...lines, '', notes, '', figures, '', ...folded, ''].join('\n');
}

/** Writes a report as JSON, and as Markdown beside it, so that neither is ever there by half. */
export async function writeReport(
  file: string,
  report: Report,
  order: readonly string[],
): Promise<void> {
  const base = file.replace(/\.json$/, '');
  await replace(`${base}.json`, `${JSON.stringify(report, undefined, 1)}\n`);
  await replace(`${base}.md`, reportText(report, order));
}

/** An earlier report may itself hold those before it. */
function also(head: Report['head']): Record<string, string> {
  return Object.fromEntries(Object.entries(head).filter(([name]) => name.startsWith('With ')));
}

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}
