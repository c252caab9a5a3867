import type { Argument, Command, Option } from 'commander';
import { createProgram } from '../../client/cli/program.ts';
import { code, codes, page, table, type Page } from './markdown.ts';

/** Every command of the CLI with its arguments and options. */
export function commandsPage(): Page {
  const program = createProgram();
  return page('commands.md', 'Commands of `sluice`', [
    'From a checkout: `npx sluice …`. `--help` after a command prints its usage with examples.',
    '## Options of every command',
    options(program),
    ...commandsOf(program, []).flatMap(([path, command]) => section(path, command)),
  ]);
}

/** The commands that do something, with the words that lead to each. */
export function commandsOf(parent: Command, path: readonly string[]): [string[], Command][] {
  return parent.commands.flatMap((command) => {
    const words = [...path, command.name()];
    return command.commands.length > 0
      ? commandsOf(command, words)
      : [[words, command] as [string[], Command]];
  });
}

function section(path: readonly string[], command: Command): string[] {
  const operands = command.registeredArguments.map(inUsage);
  const usage = ['sluice', ...path, ...operands].join(' ');
  const aliases = command.aliases();
  return [
    `## ${path.join(' ')}`,
    `${command.description()}.`,
    `\`\`\`\n${usage}${command.options.length > 0 ? ' [options]' : ''}\n\`\`\``,
    ...(aliases.length > 0 ? [`Also: ${codes(aliases)}.`] : []),
    ...(operands.length > 0 ? [argumentsOf(command)] : []),
    ...(command.options.length > 0 ? [options(command)] : []),
  ];
}

function inUsage(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function argumentsOf({ registeredArguments }: Command): string {
  const rows = registeredArguments.map((argument) => [
    code(argument.name()),
    `${argument.description}${choicesOf(argument.argChoices)}`,
  ]);
  return table(['argument', 'meaning'], rows);
}

function options(command: Command): string {
  const rows = command.options
    .filter(({ hidden }) => !hidden)
    .map((option) => [code(option.flags), code(standardOf(option)), meaningOf(option)]);
  return table(['option', 'default', 'meaning'], rows);
}

function standardOf({ defaultValue }: Option): string {
  const standard: unknown = defaultValue;
  if (standard === undefined) return '';
  return typeof standard === 'string' ? standard : JSON.stringify(standard);
}

function meaningOf({ description, argChoices }: Option): string {
  return `${description}${choicesOf(argChoices)}`;
}

function choicesOf(choices: readonly string[] | undefined): string {
  return choices ? `: ${codes(choices)}` : '';
}
