import type { z } from 'zod';

/** What a command line asks for: settings by the names of their variables, or the help text. */
export type CommandLine =
  | { readonly help: string }
  | {
      readonly help?: never;
      readonly settings: Readonly<Record<string, string>>;
      /** Flags that are taken and do nothing. */
      readonly idle: readonly string[];
    };

/**
 * Reads flags such as `--no-remote-bases` or `--concurrent=4`: every setting has one, named after its variable without the prefix SLUICE.
 * A flag of `idle` is taken and named in the answer. Raises an Error that names a flag that there is not.
 */
export function readCommandLine(
  args: readonly string[],
  schema: z.ZodObject,
  idle: Readonly<Record<string, string>> = {},
): CommandLine {
  if (args.includes('--help')) return { help: helpOf(schema, idle) };
  const names = flagsOf(schema);
  const settings: Record<string, string> = {};
  const taken: string[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [flag = '', ...value] = arg.split('=');
    const text = value.length === 0 ? takeValue(rest) : value.join('=');
    const name = names.get(flag);
    if (name) settings[name] = joined(schema, name, settings[name], text);
    else if (Object.hasOwn(idle, flag)) taken.push(flag);
    else throw new Error(`there is no flag ${flag}; see --help`);
  }
  return { settings, idle: taken };
}

/** The value that follows a flag as an argument of its own; empty where another flag comes next. */
function takeValue(rest: string[]): string {
  return rest[0]?.startsWith('--') === false ? (rest.shift() ?? '') : '';
}

/** What of a schema is for the command line alone. */
interface FlagMeta {
  readonly description?: string | undefined;
  /** Text of the default, where its value reads badly. */
  readonly standard?: string;
  /** Another flag for it, as a controller of Flux calls it. */
  readonly also?: string;
  /** The flag may be given several times. */
  readonly repeats?: boolean;
}

function joined(
  schema: z.ZodObject,
  name: string,
  before: string | undefined,
  text: string,
): string {
  return before !== undefined && metaOf(schema, name).repeats ? `${before},${text}` : text;
}

function metaOf({ shape }: z.ZodObject, name: string): FlagMeta {
  return (shape[name] as z.ZodType | undefined)?.meta() ?? {};
}

function flagsOf(schema: z.ZodObject): Map<string, string> {
  const names = Object.keys(schema.shape);
  const others = names.flatMap((name): [string, string][] => {
    const { also } = metaOf(schema, name);
    return also ? [[also, name]] : [];
  });
  return new Map([...names.map((name) => [flagOf(name), name] as const), ...others]);
}

function flagOf(variable: string): string {
  return `--${variable
    .replace(/^SLUICE_/, '')
    .toLowerCase()
    .replaceAll('_', '-')}`;
}

/** A setting as people are told of it. */
export interface SettingText {
  readonly flag: string;
  readonly variable: string;
  /** Empty where nothing holds unless something is said. */
  readonly standard: string;
  readonly description: string;
}

/** The settings of a schema in words, in its order. */
export function describeSettings(schema: z.ZodObject): SettingText[] {
  return Object.entries(schema.shape).map(([variable, field]) => {
    const { description = '', standard } = metaOf(schema, variable);
    const { data } = (field as z.ZodType).safeParse(undefined);
    const value = standard ?? (data === undefined ? '' : JSON.stringify(data));
    return { flag: flagOf(variable), variable, standard: value, description };
  });
}

function helpOf(schema: z.ZodObject, idle: Readonly<Record<string, string>>): string {
  const rows = describeSettings(schema).map(({ flag, variable, standard, description }) => {
    const told = standard === '' ? '' : ` (${standard})`;
    return `  ${flag.padEnd(34)} ${variable.padEnd(36)} ${description}${told}`;
  });
  const title = 'Each setting is a flag or a variable of the environment; the flag wins.';
  const others = Object.entries(idle).map(([name, why]) => `  ${name.padEnd(38)} ${why}`);
  const ignored = others.length > 0 ? ['', 'Taken, and without effect here:', '', ...others] : [];
  return [title, '', ...rows, ...ignored, ''].join('\n');
}
