import { trim, type TrimRule } from './pattern.ts';

/** Gives the value of a variable; undefined where it is not set. */
export type Lookup = (name: string) => string | undefined;

/** A text that can not be expanded: `message` names the variable or the fault, never a value. */
export class SubstitutionError extends Error {
  override readonly name = 'SubstitutionError';
}

/**
 * Replaces every `${…}` of a text by the rules of Flux's post-build substitution: defaults, cases, lengths, substrings, patterns and
 * replacements, each argument nested at will; `$$` is a dollar sign. A variable that is not set and has no default raises SubstitutionError.
 */
export function expand(text: string, lookup: Lookup): string {
  const cursor: Cursor = { text, at: 0, depth: 0, left: maxOutputLength, lookup };
  let output = '';
  for (;;) {
    const dollar = text.indexOf('$', cursor.at);
    if (dollar < 0) return output + text.slice(cursor.at);
    output += text.slice(cursor.at, dollar);
    const next = text[dollar + 1];
    if (next === '{') {
      cursor.at = dollar + 2;
      output += expression(cursor);
    } else {
      output += '$';
      cursor.at = dollar + (next === '$' ? 2 : 1);
    }
  }
}

/** Position in the text that is being read, and what bounds the work. */
interface Cursor {
  readonly text: string;
  readonly lookup: Lookup;
  at: number;
  depth: number;
  /** Characters that expressions may still give. */
  left: number;
}

const maxDepth = 50;
const maxOutputLength = 16 * 1024 * 1024;

/** Reads an expression behind its `${`, to behind its brace. */
function expression(cursor: Cursor): string {
  if (++cursor.depth > maxDepth) throw new SubstitutionError('expressions are nested too deeply');
  const result = skip(cursor, '#') ? lengthOf(cursor) : operation(cursor, nameOf(cursor));
  cursor.depth--;
  cursor.left -= result.length;
  if (cursor.left < 0) throw new SubstitutionError('the expanded text is too large');
  return result;
}

function lengthOf(cursor: Cursor): string {
  const name = nameOf(cursor);
  if (!skip(cursor, '}')) throw bad(name);
  return String(Buffer.byteLength(cursor.lookup(name) ?? ''));
}

function nameOf(cursor: Cursor): string {
  const [name] = /^[\p{L}\p{Nd}_]+/u.exec(cursor.text.slice(cursor.at, cursor.at + maxName)) ?? [];
  if (name === undefined) throw new SubstitutionError('unable to parse variable name after "${"');
  cursor.at += name.length;
  return name;
}

const maxName = 1024;

/** What follows the name of a variable decides what is made of its value. */
function operation(cursor: Cursor, name: string): string {
  if (skip(cursor, '}')) return valueOf(cursor, name);
  for (const [sign, run] of operators) {
    if (skip(cursor, sign)) return run(cursor, name);
  }
  throw new SubstitutionError(
    `missing closing brace after "\${${name}"; write "$\${" for a literal "\${"`,
  );
}

type Operator = (cursor: Cursor, name: string) => string;

/** In the order in which they are tried: a longer sign comes before its beginning. */
const operators: readonly (readonly [string, Operator])[] = [
  [':-', withDefault],
  [':=', withDefault],
  [':?', withDefault],
  [':+', withDefault],
  ['=', withDefault],
  [':', substring],
  ['^^', changed((value) => value.toUpperCase())],
  ['^', changed((value) => onFirst(value, (first) => first.toUpperCase()))],
  [',,', changed((value) => value.toLowerCase())],
  [',', changed((value) => onFirst(value, (first) => first.toLowerCase()))],
  ['##', trimmed({ end: 'prefix', longest: true })],
  ['#', trimmed({ end: 'prefix', longest: false })],
  ['%%', trimmed({ end: 'suffix', longest: true })],
  ['%', trimmed({ end: 'suffix', longest: false })],
  ['//', replaced((value, old, by) => value.replaceAll(old, () => by))],
  [
    '/#',
    replaced((value, old, by) => (value.startsWith(old) ? by + value.slice(old.length) : value)),
  ],
  [
    '/%',
    replaced((value, old, by) => (value.endsWith(old) ? value.slice(0, -old.length) + by : value)),
  ],
  ['/', replaced((value, old, by) => value.replace(old, () => by))],
];

function withDefault(cursor: Cursor, name: string): string {
  const fallback = argument(cursor, name, '}');
  const value = cursor.lookup(name);
  return value === undefined || value === '' ? fallback : value;
}

/** Offset and length count bytes. One that is no number leaves the value as it is. */
function substring(cursor: Cursor, name: string): string {
  const offset = required(argument(cursor, name, ':}'), name);
  const length =
    cursor.text[cursor.at - 1] === ':' ? required(argument(cursor, name, '}'), name) : undefined;
  const value = Buffer.from(valueOf(cursor, name));
  const [from, count] = [offset, length ?? String(value.length)].map(numberOf);
  if (from === undefined || count === undefined || from < 0) return value.toString();
  if (count < 0) throw new SubstitutionError(`"\${${name}:…}" has a negative length`);
  return value.subarray(from, Math.min(from + count, value.length)).toString();
}

function numberOf(text: string): number | undefined {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

function changed(change: (value: string) => string): Operator {
  return (cursor, name) => {
    if (!skip(cursor, '}')) throw bad(name);
    return change(valueOf(cursor, name));
  };
}

function onFirst(value: string, change: (first: string) => string): string {
  const [first = ''] = value;
  return change(first) + value.slice(first.length);
}

function trimmed(rule: TrimRule): Operator {
  return (cursor, name) => {
    const pattern = required(argument(cursor, name, '}'), name);
    return trim(valueOf(cursor, name), pattern, rule);
  };
}

function replaced(replace: (value: string, old: string, by: string) => string): Operator {
  return (cursor, name) => {
    const old = required(argument(cursor, name, '/}'), name);
    if (cursor.text[cursor.at - 1] !== '/') throw bad(name);
    const by = argument(cursor, name, '}');
    return replace(valueOf(cursor, name), old, by);
  };
}

/** Reads to one of the characters that end an argument, and behind it. Expressions in it are expanded; `\/` is a slash. */
function argument(cursor: Cursor, name: string, ends: string): string {
  let output = '';
  while (cursor.at < cursor.text.length) {
    const character = cursor.text[cursor.at] ?? '';
    if (skip(cursor, '${')) output += expression(cursor);
    else if (ends.startsWith('/') && skip(cursor, '\\/')) output += '/';
    else {
      cursor.at++;
      if (ends.includes(character)) return output;
      output += character;
    }
  }
  throw new SubstitutionError(`"\${${name}" is not closed by a brace`);
}

function required(text: string, name: string): string {
  if (text === '') throw new SubstitutionError(`"\${${name}" lacks an argument`);
  return text;
}

function valueOf({ lookup }: Cursor, name: string): string {
  const value = lookup(name);
  if (value !== undefined) return value;
  throw new SubstitutionError(`variable not set (strict mode): "${name}"`);
}

function skip(cursor: Cursor, text: string): boolean {
  if (!cursor.text.startsWith(text, cursor.at)) return false;
  cursor.at += text.length;
  return true;
}

function bad(name: string): SubstitutionError {
  return new SubstitutionError(`bad substitution of "\${${name}…}"`);
}
