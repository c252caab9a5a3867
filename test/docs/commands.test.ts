import { CommanderError, type Command } from 'commander';
import { expect, test } from 'vitest';
import { BridgeSettings } from '../../client/bridge/settings.ts';
import { createProgram } from '../../client/cli/program.ts';
import { readCommandLine } from '../../client/command-line.ts';
import { idleOnBridge, idleOnWorker } from '../../client/flux-flags.ts';
import { WorkerSettings } from '../../worker/settings.ts';
import { codeSpansOf, commandsOf } from '../support/markdown.ts';
import { documents } from '../support/sources.ts';

const all = await documents();
const typed = all.flatMap(commandsOf);

/** Commands in prose: complete ones alone, since a sentence may name `sluice history --object` in passing. */
const told = all.flatMap((document) =>
  codeSpansOf(document)
    .filter((span) => /^(npx )?sluice \w/.test(span))
    .map((span) => ({ words: span.split(' '), at: document.path })),
);

const calls = [...typed, ...told]
  .map(({ words, at }) => ({ words: words[0] === 'npx' ? words.slice(1) : words, at }))
  .filter(({ words: [program] }) => program === 'sluice')
  .map(({ words, at }) => ({ line: words.join(' '), args: words.slice(1), at }));

test('there are commands to check', () => {
  expect(calls.length).toBeGreaterThan(40);
});

test.each(typed.length > 0 ? unique(calls) : [])('$line is understood', async ({ args, at }) => {
  const program = idleProgram();
  const fault = await program.parseAsync(args, { from: 'user' }).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(fault instanceof CommanderError)) {
    expect(fault, at).toBeUndefined();
    return;
  }
  // A command that is only named has no arguments, and one that is shown may have its help shown.
  const named = [
    'commander.missingArgument',
    'commander.optionMissingArgument',
    'commander.missingMandatoryOptionValue',
    'commander.help',
  ];
  expect(named, `${at}: ${fault.message}`).toContain(fault.code);
});

test.each(services())('$line is understood', ({ args, schema, idle, at }) => {
  const { settings = {} } = readCommandLine(args, schema, idle) as {
    settings?: Record<string, string>;
  };
  expect(schema.safeParse(settings).error?.issues, at).toBeUndefined();
});

/** The program, where no command does anything. */
function idleProgram(): Command {
  const program = createProgram();
  const silence = (command: Command): void => {
    command
      .exitOverride()
      .configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    if (command.commands.length === 0) command.action(() => undefined);
    command.commands.forEach(silence);
  };
  silence(program);
  return program;
}

function unique<Call extends { readonly line: string }>(found: readonly Call[]): Call[] {
  return [...new Map(found.map((call) => [call.line, call])).values()];
}

function services(): {
  line: string;
  at: string;
  args: string[];
  schema: typeof WorkerSettings | typeof BridgeSettings;
  idle: Readonly<Record<string, string>>;
}[] {
  const parts = [
    { file: 'worker/main.ts', schema: WorkerSettings, idle: idleOnWorker },
    { file: 'client/bridge/main.ts', schema: BridgeSettings, idle: idleOnBridge },
  ];
  return parts.flatMap(({ file, schema, idle }) =>
    unique(
      typed
        .filter(({ words }) => words.includes(file))
        .map(({ words, at }) => {
          const args = words.slice(words.indexOf(file) + 1).filter((word) => word !== '&');
          return { line: words.join(' '), at, args, schema, idle };
        }),
    ),
  );
}
