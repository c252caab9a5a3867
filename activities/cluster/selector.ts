import type { Kustomization } from '../../api/index.ts';
import { groupOf, type KubeObject } from './object.ts';
import { withTimeLimit } from './time-limit.ts';

type Selector = NonNullable<NonNullable<Kustomization['spec']['ignore']>[number]['target']>;

/**
 * A test of objects by the selector of a patch: names and namespaces are anchored regular expressions, empty fields match everything.
 * Raises an Error that names the field and the value that can not be read; so does the test, for an expression that takes too long.
 */
export function objectSelector(selector: Selector = {}): (object: KubeObject) => boolean {
  const { group, version, kind, name, namespace, labelSelector, annotationSelector } = selector;
  const tests = [
    pattern('name', name, ({ metadata }) => metadata.name),
    pattern('namespace', namespace, ({ metadata }) => metadata.namespace ?? ''),
    equal(group, ({ apiVersion }) => groupOf(apiVersion)),
    equal(version, ({ apiVersion }) => apiVersion.slice(apiVersion.indexOf('/') + 1)),
    equal(kind, (object) => object.kind),
    values('labelSelector', labelSelector, ({ metadata }) => metadata.labels ?? {}),
    values('annotationSelector', annotationSelector, ({ metadata }) => metadata.annotations ?? {}),
  ];
  return (object) => tests.every((matches) => matches(object));
}

type Test = (object: KubeObject) => boolean;

const all: Test = () => true;

function equal(wanted: string | undefined, of: (object: KubeObject) => string): Test {
  return wanted ? (object) => of(object) === wanted : all;
}

function pattern(
  field: string,
  text: string | undefined,
  of: (object: KubeObject) => string,
): Test {
  if (!text) return all;
  const expression = compiled(field, text);
  return (object) => {
    try {
      return withTimeLimit(() => expression.test(of(object))) === true;
    } catch {
      throw new Error(`${field} '${text}' takes too long to match; use a simpler expression`);
    }
  };
}

function compiled(field: string, text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`);
  } catch {
    throw new Error(`${field} '${text}' is no regular expression`);
  }
}

/** A test of labels by a label selector as Kubernetes writes it. Raises an Error that names what can not be read. */
export function labelSelector(text: string): (labels: Values) => boolean {
  const tests = requirements('label selector', text);
  return (labels) => tests.every((matches) => matches(labels));
}

type Values = Readonly<Record<string, string>>;

function values(field: string, text: string | undefined, of: (object: KubeObject) => Values): Test {
  if (!text) return all;
  const tests = requirements(field, text);
  return (object) => tests.every((matches) => matches(of(object)));
}

/** Commas separate requirements, but not the values in parentheses. */
function requirements(field: string, text: string): ((found: Values) => boolean)[] {
  return text.split(/,(?![^(]*\))/).map((part) => requirement(field, part.trim()));
}

/** One requirement of a selector, as Kubernetes writes them: `a`, `!a`, `a=b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`. */
function requirement(field: string, text: string): (found: Values) => boolean {
  const [, absent, bare] = /^(!?)\s*([\w./-]+)$/.exec(text) ?? [];
  if (bare !== undefined) return (found) => bare in found !== (absent === '!');
  const [, key, operator, single, listed] =
    /^([\w./-]+)\s*(?:(==?|!=)\s*([\w.-]*)|\s(?:in|notin)\s*\(([\w.,\s-]*)\))$/.exec(text) ?? [];
  if (key === undefined) throw new Error(`${field} '${text}' is no requirement on a label`);
  const wanted = (listed ?? single ?? '').split(',').map((value) => value.trim());
  const negative = operator === '!=' || /\snotin\s/.test(text);
  return (found) => wanted.includes(found[key] ?? '\0') !== negative;
}

/** The label selector, as a query, of the objects that carry all these labels. */
export function selectorOf(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map((pair) => pair.join('='))
    .join(',');
}
