import type { z } from 'zod';

/** What a command line asks for: settings by the names of their variables, or the help text. */
export type CommandLine =
  | { readonly help: string }
  | { readonly help?: never; readonly settings: Readonly<Record<string, string>> };

/**
 * Reads flags such as `--no-remote-bases` or `--concurrent=4`: every setting has one, named after its variable without the prefix SLUICE.
 * Raises an Error that names a flag that there is not.
 */
export function readCommandLine(args: readonly string[], schema: z.ZodObject): CommandLine {
  if (args.includes('--help')) return { help: helpOf(schema) };
  const names = new Map(Object.keys(schema.shape).map((name) => [flagOf(name), name]));
  const settings: Record<string, string> = {};
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [flag = '', ...value] = arg.split('=');
    const name = names.get(flag);
    if (!name) throw new Error(`there is no flag ${flag}; see --help`);
    const follows = value.length === 0 && rest[0]?.startsWith('--') === false;
    settings[name] = follows ? (rest.shift() ?? '') : value.join('=');
  }
  return { settings };
}

function flagOf(variable: string): string {
  return `--${variable
    .replace(/^SLUICE_/, '')
    .toLowerCase()
    .replaceAll('_', '-')}`;
}

function helpOf(schema: z.ZodObject): string {
  const rows = Object.entries(schema.shape).map(([name, field]) => {
    const { description = '' } = field as z.ZodType;
    const { data } = (field as z.ZodType).safeParse(undefined);
    const standard = data === undefined ? '' : ` (${JSON.stringify(data)})`;
    return `  ${flagOf(name).padEnd(30)} ${name.padEnd(34)} ${description}${standard}`;
  });
  const title = 'Each setting is a flag or a variable of the environment; the flag wins.';
  return [title, '', ...rows, ''].join('\n');
}
