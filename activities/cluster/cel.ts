import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import { withTimeLimit } from './time-limit.ts';

/** An expression of the Common Expression Language that gives true or false. */
export interface BooleanExpression {
  /** Raises an Error that names the expression and what is wrong with it, but no value. */
  evaluate(variables: Readonly<Record<string, unknown>>): boolean;
}

/** An expression over the top-level fields of an object. Raises an Error where it can not be parsed. */
export function objectExpression(text: string): BooleanExpression {
  return expression(text, parse(new Environment(options), text));
}

/** An expression over these variables, which has to be of type bool. Raises an Error where it can not be compiled. */
export function variablesExpression(text: string, variables: readonly string[]): BooleanExpression {
  const { program, type } = compile(text, variables);
  if (type === 'bool') return expression(text, program);
  throw new Error(`invalid CEL expression '${text}': it gives ${type ?? 'no type'} and not bool`);
}

/** An expression that gives a value of any type, for other expressions to read. */
export interface ValueExpression {
  /** Raises an Error that names the expression and what is wrong with it, but no value. */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
}

/** An expression over these variables that gives whatever it gives. Raises an Error where it can not be compiled. */
export function valueExpression(text: string, variables: readonly string[]): ValueExpression {
  const { program } = compile(text, variables);
  return {
    evaluate: (values) => run(text, () => program(integersKept(values)) as unknown),
  };
}

const options = { unlistedVariablesAreDyn: true, enableOptionalTypes: true };

function compile(
  text: string,
  variables: readonly string[],
): { program: ParseResult; type: string | undefined } {
  const environment = new Environment({ ...options, unlistedVariablesAreDyn: false });
  for (const name of variables) environment.registerVariable(name, 'dyn');
  const program = parse(environment, text);
  const { valid, type, error } = program.check();
  if (!valid) throw invalid(text, error);
  return { program, type };
}

function parse(environment: Environment, text: string): ParseResult {
  try {
    return environment.parse(text);
  } catch (error) {
    throw invalid(text, error);
  }
}

function invalid(text: string, error: unknown): Error {
  return new Error(`invalid CEL expression '${text}': ${firstLine(error)}`);
}

function expression(text: string, program: ParseResult): BooleanExpression {
  return {
    evaluate(variables) {
      const result = run(text, () => program(integersKept(variables)) as unknown);
      if (typeof result === 'boolean') return result;
      throw failed(text, `it gives ${typeof result} and not bool`);
    },
  };
}

function run(text: string, work: () => unknown): unknown {
  try {
    return withTimeLimit(work);
  } catch (error) {
    throw failed(text, causeOf(text, error));
  }
}

function failed(text: string, cause: string): Error {
  return new Error(`failed to evaluate the CEL expression '${text}': ${cause}`);
}

function causeOf(text: string, error: unknown): string {
  const message = firstLine(error);
  const [, variable] = /^Unknown variable: (\w+)/.exec(message) ?? [];
  if (variable) return `no such attribute(s): ${pathFrom(text, variable)}`;
  const [, key] = /^No such key: (.+)/.exec(message) ?? [];
  return key ? `no such key: ${key}` : message;
}

/** The path that an expression takes from a variable, such as `status.ready`. */
function pathFrom(text: string, variable: string): string {
  const [path = variable] = new RegExp(`\\b${variable}(?:\\.\\w+(?!\\w|\\())*`).exec(text) ?? [];
  return path;
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1).join('');
}

/** What is written without a fraction is an int to CEL, as it is to the API server. */
function integersKept(value: Readonly<Record<string, unknown>>): Record<string, unknown>;
function integersKept(value: unknown): unknown;
function integersKept(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(integersKept);
  if (!isPlain(value)) return value;
  const entries = Object.entries(value).map(
    ([name, child]) => [name, integersKept(child)] as const,
  );
  return Object.fromEntries(entries);
}

/** Times, durations and the like, which an expression gave, are values of their own. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
