import { expect, test } from 'vitest';
import { failureTable } from '../../activities/failures.ts';
import { BridgeSettings } from '../../client/bridge/settings.ts';
import { createProgram } from '../../client/cli/program.ts';
import { describeSettings } from '../../client/command-line.ts';
import { idleOnBridge, idleOnWorker } from '../../client/flux-flags.ts';
import { names } from '../../deploy/reference/names.ts';
import { reasonMeanings } from '../../deploy/reference/reasons.ts';
import { attributes } from '../../workflows/messages.ts';
import { WorkerSettings } from '../../worker/settings.ts';
import { codeSpansOf } from '../support/markdown.ts';
import { codeOf, documents } from '../support/sources.ts';

const all = (await documents()).filter(({ path }) => path !== 'test/README.md');

/** Flags of other programs that the documents name, and of the scripts of the project. */
const foreign = new Set([
  ...['--help', '--import', '--output', '--set', '--exit', '--runs', '--seed', '--project'],
  ...['--lockfile-version', '--package-lock-only', '--ignore-scripts', '--yes', '--omit'],
  ...['--depth', '--target', '--max-semi-space-size', '--max-old-space-size'],
]);

test.each(all)('every flag that $path names is one of ours', (document) => {
  const known = new Set([...settingFlags(), ...optionFlags()]);
  const named = codeSpansOf(document).flatMap((span) => [
    ...span.matchAll(/(?<![\w-])--[a-z][a-zA-Z-]*/g),
  ]);
  const unknown = named
    .map(([flag]) => flag)
    .filter((flag) => !known.has(flag) && !foreign.has(flag));
  expect(unknown).toEqual([]);
});

test.each(all)('every variable that $path names is read somewhere', async (document) => {
  const code = await codeOf('client', 'worker', 'deploy', 'test', 'bench');
  // Those of TLS, keys and metadata are read by Temporal's own library.
  const pattern = /\b(?:SLUICE_|TEMPORAL_(?!TLS|API_KEY|GRPC))[A-Z][A-Z_]*[A-Z]\b/g;
  const named = new Set([...document.text.matchAll(pattern)].map(([name]) => name));
  const unknown = [...named].filter((name) => !code.some(({ text }) => text.includes(name)));
  expect(unknown).toEqual([]);
});

test.each(all)('every search attribute and annotation that $path names is there', (document) => {
  const known = new Set<string>([
    ...Object.values(attributes).map(({ name }) => name),
    ...names.map(({ name }) => name),
  ]);
  // Names of alerts begin so, too.
  const pattern =
    /\bSluice(?!Stalled|NotReady|Drift|NoWorker|Backlog|Temporal|Signal|Workflow)[A-Z][a-z]+\b|\bsluice\.dev\/[a-z-]+/g;
  const named = [...document.text.matchAll(pattern)].map(([name]) => name);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test.each(all)('every failing reason that $path names is explained', (document) => {
  const pattern = /^(?!Sluice)[A-Z][a-zA-Z]+(?:Failed|Exceeded|Denied|Field|NotReady|Repeated)$/;
  const named = codeSpansOf(document).filter((span) => pattern.test(span));
  const known = new Set([...Object.keys(reasonMeanings), ...inFailures]);
  expect(named.filter((reason) => !known.has(reason))).toEqual([]);
});

/** The types of failures and the conditions, which look like reasons. */
const inFailures = [...Object.keys(failureTable), 'FetchFailed', 'StorageOperationFailed'];

function settingFlags(): string[] {
  const rows = [...describeSettings(WorkerSettings), ...describeSettings(BridgeSettings)];
  return [
    ...rows.map(({ flag }) => flag),
    ...Object.keys(idleOnBridge),
    ...Object.keys(idleOnWorker),
  ];
}

function optionFlags(): string[] {
  const program = createProgram();
  const commands = [
    program,
    ...program.commands,
    ...program.commands.flatMap((one) => one.commands),
  ];
  return commands.flatMap(({ options }) => options.map(({ long }) => long ?? ''));
}
